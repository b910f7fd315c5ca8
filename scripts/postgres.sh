# Finds the server programs of PostgreSQL (initdb, postgres, pg_ctl), or installs them. Sourced by scripts/up and scripts/test.

# postgres_bin [DIR] prints the folder of the server programs: DIR, else PG_BIN, else the newest of this machine, else what apt installs.
postgres_bin() {
  local given=${1:-${PG_BIN:-}} found
  if [[ -n $given ]]; then
    postgres_complete "$given" && echo "$given" && return
    echo "$0: initdb, postgres and pg_ctl are not all in $given" >&2
    return 1
  fi
  postgres_find && return
  postgres_install >&2 || { postgres_advice >&2; return 1; }
  postgres_find && return
  postgres_advice >&2
  return 1
}

postgres_complete() { [[ -x $1/initdb && -x $1/postgres && -x $1/pg_ctl ]]; }

# postgres_find prints the newest folder that has them all: Debian's places, those of other systems, pg_config's, the PATH's.
postgres_find() {
  local dir
  while read -r dir; do
    if [[ -n $dir ]] && postgres_complete "$dir"; then
      echo "$dir"
      return
    fi
  done < <(
    printf '%s\n' /usr/lib/postgresql/*/bin /usr/pgsql-*/bin | sort -rV
    pg_config --bindir 2>/dev/null || true
    dirname "$(command -v initdb || true)"
  )
  return 1
}

# postgres_install installs Debian's package by apt, as root or by sudo without a password. Of its own accord the package would also
# create and start a server of the machine's; a setting that is there during the installation alone keeps it from that.
postgres_install() {
  local as_root=()
  command -v apt-get >/dev/null || return 1
  if [[ $(id -u) != 0 ]]; then
    sudo -n true 2>/dev/null || return 1
    as_root=(sudo -n)
  fi
  echo "$0: PostgreSQL's server programs are not here; installing Debian's package postgresql"
  "${as_root[@]}" bash -euo pipefail -s <<'INSTALL'
export DEBIAN_FRONTEND=noninteractive
exec 3</dev/null # so that no package reads this script from standard input
install() { apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=120 -o Dpkg::Options::=--force-confold "$@" <&3; }
apt-get update <&3
install postgresql-common
setting=/etc/postgresql-common/createcluster.d/gridcase.conf
trap 'rm -f "$setting"' EXIT
mkdir -p "${setting%/*}"
echo 'create_main_cluster = false' >"$setting"
install postgresql
INSTALL
}

postgres_advice() {
  cat <<ADVICE
$0: PostgreSQL's server programs (initdb, postgres, pg_ctl) are not on this machine and could not be installed. One of these mends it:
  - as root:               apt-get install --no-install-recommends postgresql
  - they stand elsewhere:  PG_BIN=/folder/of/initdb $0
ADVICE
  [[ $0 != */up ]] || echo "  - a server of yours:     GRIDCASE_POSTGRES_URL=postgres://… $0"
}
