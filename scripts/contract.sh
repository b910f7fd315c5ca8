# The contract's tools and what it is held to. Sourced by scripts/generate and scripts/check, which stand in the repository's root.

# tool runs one of the pinned tools of scripts/tools.
tool() { go tool -modfile=scripts/tools/go.mod "$@"; }

# contract_kept IMAGE fails where the contract in IMAGE breaks the baseline: what was ever released keeps its numbers, names and types.
# The rules of others (buf/validate) are not ours to keep.
contract_kept() {
  tool buf breaking "$1" --against proto/baseline.binpb --config '{"version":"v2","breaking":{"use":["FILE"],"ignore":["buf"]}}'
}
