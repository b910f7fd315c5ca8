// Package config holds every setting of gridcase: its meaning, unit and default beside it, where its value came from, and whether the whole
// makes sense. A setting is a flag, an environment variable GRIDCASE_… and a key of the YAML file, in that order of precedence. It never
// opens anything.
package config

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Settings are all settings. The zero value of each, after Complete, runs everything in one process.
type Settings struct {
	Data              string        `help:"Data directory: log, read models, keys, tokens. Default: /var/lib/gridcase as root, else $XDG_DATA_HOME/gridcase." env:"GRIDCASE_DATA" placeholder:"DIR"`
	APIAddr           string        `name:"api-addr" help:"Address of the API." default:"127.0.0.1:8311" env:"GRIDCASE_API_ADDR" placeholder:"HOST:PORT"`
	AdminAddr         string        `name:"admin-addr" help:"Address of liveness, readiness, metrics and profiles." default:"127.0.0.1:8312" env:"GRIDCASE_ADMIN_ADDR" placeholder:"HOST:PORT"`
	NATSURL           string        `name:"nats-url" help:"External NATS servers, comma-separated. Empty with 'up': an embedded server." env:"GRIDCASE_NATS_URL" placeholder:"URL"`
	NATSCreds         string        `name:"nats-creds" help:"Credentials file for the external NATS servers." env:"GRIDCASE_NATS_CREDS" placeholder:"FILE"`
	PostgresURL       string        `name:"postgres-url" help:"External PostgreSQL database. Empty with 'up': a private server." env:"GRIDCASE_POSTGRES_URL" secret:"" placeholder:"URL"`
	PostgresBin       string        `name:"postgres-bin" help:"Directory of the PostgreSQL server binaries. Empty: the newest that the machine has." env:"GRIDCASE_POSTGRES_BIN" placeholder:"DIR"`
	Replicas          int           `help:"Replicas of each stream: 1 embedded, 3 in a cluster of three." default:"1" env:"GRIDCASE_REPLICAS"`
	VaultKeyFile      string        `name:"vault-key-file" help:"Key that wraps the keys of the vault; every process needs the same. Default: vault.key in the data directory." env:"GRIDCASE_VAULT_KEY_FILE" placeholder:"FILE"`
	RootKeyFile       string        `name:"root-key-file" help:"Key that signs the logs' roots; every notary needs the same. Made where it doesn't exist. Default: root.key in the data directory." env:"GRIDCASE_ROOT_KEY_FILE" placeholder:"FILE"`
	OperatorTokenFile string        `name:"operator-token-file" help:"File with the operator's bearer token. Default: operator.token in the data directory." env:"GRIDCASE_OPERATOR_TOKEN_FILE" placeholder:"FILE"`
	MaxFileStore      int64         `name:"max-file-store" help:"Bytes that the embedded log may take; 0: 90 % of the disk. At 90 % of it commands are refused." default:"0" env:"GRIDCASE_MAX_FILE_STORE" placeholder:"BYTES"`
	Lease             time.Duration `help:"How long a case that a desk took from a queue is kept for it without any sign of work; whole seconds." default:"10m" env:"GRIDCASE_LEASE"`
	Sweep             time.Duration `help:"How often the process managers search for deadlines that no timer told, and for those that need one soon." default:"1m" env:"GRIDCASE_SWEEP"`
	LogLevel          string        `name:"log-level" help:"Least level that is logged: debug, info, warn or error." default:"info" enum:"debug,info,warn,error" env:"GRIDCASE_LOG_LEVEL"`
	UnsafeLazySync    bool          `name:"unsafe-lazy-sync" help:"Let the embedded log sync to disk every two minutes: a power cut then loses acknowledged commands. With an external log: it is known to do so." env:"GRIDCASE_UNSAFE_LAZY_SYNC"`
	UnsafeFilesystem  bool          `name:"unsafe-filesystem" help:"Allow a data directory on a file system other than ext4, XFS or btrfs." env:"GRIDCASE_UNSAFE_FILESYSTEM"`
}

// Complete fills in the defaults that depend on others and checks the whole.
func (s *Settings) Complete() error {
	if err := s.CompleteFiles(); err != nil {
		return err
	}
	return errors.Join(address("api-addr", s.APIAddr), address("admin-addr", s.AdminAddr), s.checkNumbers())
}

// CompleteFiles fills in the data directory and the files that lie in it where nothing else is set.
func (s *Settings) CompleteFiles() error {
	if s.Data == "" {
		s.Data = DefaultData()
	}
	data, err := filepath.Abs(s.Data)
	if err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	s.Data = data
	if s.VaultKeyFile == "" {
		s.VaultKeyFile = filepath.Join(s.Data, "vault.key")
	}
	if s.RootKeyFile == "" {
		s.RootKeyFile = filepath.Join(s.Data, "root.key")
	}
	if s.OperatorTokenFile == "" {
		s.OperatorTokenFile = filepath.Join(s.Data, "operator.token")
	}
	return nil
}

// DefaultData is the data directory that is used when none is set.
func DefaultData() string {
	if os.Geteuid() == 0 {
		return "/var/lib/gridcase"
	}
	if home := os.Getenv("XDG_DATA_HOME"); home != "" {
		return filepath.Join(home, "gridcase")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "gridcase-data"
	}
	return filepath.Join(home, ".local", "share", "gridcase")
}

func (s *Settings) checkNumbers() error {
	if s.Replicas < 1 || s.Replicas > 5 || s.Replicas%2 == 0 {
		return fmt.Errorf("replicas: %d is not 1, 3 or 5", s.Replicas)
	}
	if s.Lease < time.Second || s.Lease%time.Second != 0 {
		return fmt.Errorf("lease: %s is not a number of whole seconds, at least one", s.Lease)
	}
	if s.Sweep < time.Second {
		return fmt.Errorf("sweep: %s is less than a second", s.Sweep)
	}
	if s.MaxFileStore < 0 {
		return fmt.Errorf("max-file-store: %d is negative", s.MaxFileStore)
	}
	return nil
}

func address(name, value string) error {
	if _, _, err := net.SplitHostPort(value); err != nil {
		return fmt.Errorf("%s: %q is not HOST:PORT", name, value)
	}
	return nil
}
