package dispatch

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/fault"
)

const (
	// lookPatience bounds the look for duplicates: filing does not wait for a database that is away.
	lookPatience = 300 * time.Millisecond
	// mostNamed is how many cases a refusal names.
	mostNamed = 10
)

// checkDuplicates refuses to file a case while open cases near by may be the same problem and the desk has not said that it saw them. An
// importer sees none, and where the views are away nobody does: filing goes on.
func (s *Service) checkDuplicates(ctx context.Context, actor access.Actor, cmd *gridcasev1.FileCase) error {
	if actor.Role == gridcasev1.Role_ROLE_IMPORTER {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	unseen := s.candidates(ctx, actor, cmd.GetTarget())
	unseen = slices.DeleteFunc(unseen, func(id string) bool { return slices.Contains(cmd.GetDuplicatesSeen(), id) })
	if len(unseen) == 0 {
		return nil
	}
	named := unseen[:min(len(unseen), mostNamed)]
	return fault.New(fault.Conflict, "case.duplicates_unseen", "open cases near by may be the same problem (%d, the nearest first): %s; merge the case into one of them, or name them in duplicates_seen",
		len(unseen), strings.Join(named, ", "))
}

// candidates are the cases that may be the same problem as one that waits to be filed. Once it is filed, the question is answered: the same
// command sent again is not asked again.
func (s *Service) candidates(ctx context.Context, actor access.Actor, t *gridcasev1.Target) []string {
	scope := actor.Scope(cmp.Or(actor.District, t.GetDistrict()))
	district, err := s.o.Directory.District(scope.District)
	if err != nil {
		return nil
	}
	near, err := s.o.Cases.Nearby(ctx, scope, &gridcasev1.CaseRef{CaseId: t.GetCaseId()}, district.Catalogue, gridcasev1.State_STATE_REPORTED, gridcasev1.State_STATE_HANDLED)
	if err != nil {
		return nil
	}
	ids := make([]string, len(near))
	for i, n := range near {
		ids[i] = n.GetCase().GetCaseId()
	}
	return ids
}
