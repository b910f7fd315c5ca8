package query

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/readmodel/casestatus"
	"github.com/gridcase/gridcase/pkg/readmodel/deadlines"
)

// ListDeadlines answers: what runs out when, the earliest first?
func (s *Service) ListDeadlines(ctx context.Context, q *gridcasev1.ListDeadlinesRequest) (*gridcasev1.ListDeadlinesResponse, error) {
	scope, err := s.scope(ctx, q.GetDistrict())
	if err != nil {
		return nil, err
	}
	if err := s.known(scope.District, q.GetArea(), q.GetDepartment()); err != nil {
		return nil, err
	}
	fresh, err := s.o.Tracker.Wait(ctx, scope.District, q.GetAtLeast())
	if err != nil {
		return nil, err
	}
	due, next, err := s.due(ctx, scope, q, time.Now())
	if err != nil {
		return nil, unavailable(err)
	}
	return &gridcasev1.ListDeadlinesResponse{Deadlines: due, NextPage: next, Freshness: fresh}, nil
}

// mostClocks is how many clocks are looked at at once.
const mostClocks = 20_000

// due reads a page. Who sees much finds it among the first clocks; for who sees little more and more are looked at, to the end of the list: a
// page that went on behind a clock that the actor doesn't see would name it.
func (s *Service) due(ctx context.Context, scope access.Scope, q *gridcasev1.ListDeadlinesRequest, now time.Time) (due []*gridcasev1.Deadline, next string, err error) {
	question := deadlines.Question{District: scope.District, Stage: q.GetStage(), Overdue: q.GetOverdue()}
	if question.Until, err = instant("until", q.GetUntil()); err != nil {
		return nil, "", err
	}
	filter := casestatus.Filter{Area: q.GetArea(), Department: q.GetDepartment()}
	limit, at := page(q.GetLimit(), 50), q.GetPage()
	for n := limit + 1; ; n = min(8*n, mostClocks) {
		clocks, err := s.clocks.Due(ctx, question, now, at, n)
		if err != nil {
			return nil, "", err
		}
		seen, err := s.cases.Seen(ctx, scope, casesOf(clocks), filter)
		if err != nil {
			return nil, "", err
		}
		for _, k := range clocks {
			at = k.Cursor()
			if seen[k.CaseID] == nil {
				continue
			}
			if len(due) == limit {
				return due, next, nil
			}
			due, next = append(due, deadline(k, seen[k.CaseID], now)), at
		}
		if len(clocks) < n {
			return due, "", nil
		}
	}
}

func casesOf(clocks []deadlines.Clock) []string {
	var ids []string
	asked := make(map[string]bool, len(clocks))
	for _, k := range clocks {
		if !asked[k.CaseID] {
			ids, asked[k.CaseID] = append(ids, k.CaseID), true
		}
	}
	return ids
}

// deadline is a clock with the case that it is of.
func deadline(k deadlines.Clock, c *gridcasev1.CaseStatus, now time.Time) *gridcasev1.Deadline {
	d := &gridcasev1.Deadline{CaseId: k.CaseID, Number: c.GetNumber(), CaseType: c.GetCaseType(), State: c.GetState(), Priority: c.GetPriority(), Grid: c.GetPlace().GetGrid(),
		Department: c.GetDepartment(), Stage: k.Stage, Due: timestamppb.New(k.Due), Warned: k.Warned, Escalation: k.Escalation, Version: c.GetVersion(),
		Overdue: k.Stage != gridcasev1.Stage_STAGE_UNSPECIFIED && k.Due.Before(now)}
	if !k.WarnAt.IsZero() {
		d.WarnAt = timestamppb.New(k.WarnAt)
	}
	return d
}

// known refuses an area or a department that the district doesn't have; empty is none.
func (s *Service) known(code, area, department string) error {
	district, err := s.o.Directory.District(code)
	if err != nil {
		return err
	}
	if _, ok := district.Grids.Area(area); area != "" && !ok {
		return fault.New(fault.NotFound, "grid.unknown", "district %s has no area %s", code, area)
	}
	if department != "" && !district.Department(department) {
		return fault.New(fault.NotFound, "department.unknown", "district %s has no department %s", code, department)
	}
	return nil
}
