package access

import (
	"maps"
	"slices"
)

// Procedures returns what the table of routes names, so that a test can hold it against the contract.
func Procedures() []string { return slices.Sorted(maps.Keys(routes)) }
