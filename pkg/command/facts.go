package command

import (
	"context"
	"fmt"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
)

const (
	// oldest is how far back the time inside a new case's id may lie: a report made offline is resent for a year and more.
	oldest = 400 * 24 * time.Hour
	// ahead is how far a device's clock may run ahead.
	ahead = 24 * time.Hour
)

// facts gathers what the rules may know.
func (s *Service) facts(ctx context.Context, a *attempted, c *casework.Case, sealed map[string]*gridcasev1.Sealed) (casework.Facts, error) {
	now, err := a.effectiveTime(c)
	if err != nil {
		return casework.Facts{}, err
	}
	f := casework.Facts{Now: now, Grids: a.district.Grids, Catalogue: a.district.Catalogue, Calendar: a.district.Calendar, People: a.district,
		Sealed: sealed, Actor: casework.Actor{ID: a.actor.ID, Role: a.actor.Role, Department: a.actor.Department}}
	if c.Version == 0 && opens(a.cmd) {
		if err := checkIDTime(a.key.ID, a); err != nil {
			return f, err
		}
		if f.Permits, err = s.permitted(a, now); err != nil {
			return f, err
		}
	}
	f.Numbers, err = s.lease(ctx, a, c, now)
	return f, err
}

// opens tells whether a command opens the case that it is for.
func opens(cmd casework.Command) bool {
	switch cmd.(type) {
	case *gridcasev1.ReportCase, *gridcasev1.ReportAndFix:
		return true
	}
	return false
}

// permitted returns the permits that hold the place of a report.
func (s *Service) permitted(a *attempted, now time.Time) ([]*gridcasev1.Permit, error) {
	place, ok := a.cmd.(interface{ GetPoint() *gridcasev1.GeoPoint })
	if !ok || s.permits == nil {
		return nil, nil
	}
	return s.permits.Permits(a.key.District, place.GetPoint(), now)
}

// lease returns as many case numbers as the command opens cases, at most once a command.
func (s *Service) lease(ctx context.Context, a *attempted, c *casework.Case, now time.Time) ([]string, error) {
	need := 0
	if c.Version == 0 && opens(a.cmd) {
		need = 1
	}
	if split, ok := a.cmd.(*gridcasev1.SplitCase); ok {
		need = len(split.GetChildren())
	}
	for len(a.numbers) < need {
		number, err := s.numbers.next(ctx, a.key.District, now.In(a.district.Calendar.Zone()))
		if err != nil {
			return nil, err
		}
		a.numbers = append(a.numbers, number)
	}
	texts := make([]string, len(a.numbers))
	for i, number := range a.numbers {
		texts[i] = number.text
	}
	return texts, nil
}

// checkVersion refuses a command whose sender has seen another version of the case.
func (a *attempted) checkVersion(c *casework.Case) error {
	if want := a.target.ExpectedVersion; want != nil && *want != c.Version {
		return &fault.Error{Kind: fault.Conflict, Code: "case.version", Field: "target.expected_version",
			Text: fmt.Sprintf("the case is at version %d: look at it, then decide again", c.Version)}
	}
	return nil
}

// effectiveTime is the server's time of receipt, or what an importer says, and never before the case's last event.
func (a *attempted) effectiveTime(c *casework.Case) (time.Time, error) {
	if a.target.GetOccurredAt() == nil {
		return later(a.received, c.At), nil
	}
	at := a.target.GetOccurredAt().AsTime().Truncate(time.Microsecond)
	if at.Before(c.At) {
		return at, fault.BadField("target.occurred_at", "time.before_last", "the case's last event happened later")
	}
	return at, nil
}

// checkIDTime refuses a new case whose id carries a time that no device's clock can have.
func checkIDTime(caseID string, a *attempted) error {
	at, _ := eventstore.IDTime(caseID)
	tooOld := at.Before(a.received.Add(-oldest)) && a.actor.Role != gridcasev1.Role_ROLE_IMPORTER
	if tooOld || at.After(a.received.Add(ahead)) {
		return fault.BadField("target.case_id", "case.id_time", "the time inside a new case's id lies at most 400 days back and 24 hours ahead")
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
