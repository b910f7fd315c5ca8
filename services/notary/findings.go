package notary

import (
	"cmp"
	"slices"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/evidence"
)

// told is how many findings an answer tells; the rest is counted.
const told = 100

// findings gathers what is wrong.
type findings struct {
	list  []*gridcasev1.Finding
	found uint64
}

func (f *findings) add(e evidence.Finding) {
	f.found++
	if len(f.list) < told {
		f.list = append(f.list, &gridcasev1.Finding{Code: e.Code, Position: e.Position, Case: e.Case, Subject: e.Subject, Text: e.Text})
	}
}

func sortRoots(roots []evidence.Root) {
	slices.SortStableFunc(roots, func(a, b evidence.Root) int { return cmp.Compare(a.Size, b.Size) })
}
