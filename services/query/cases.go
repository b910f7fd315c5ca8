package query

import (
	"context"
	"strings"

	"go.uber.org/zap"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/api"
	"github.com/gridcase/gridcase/pkg/vault"
)

// GetCase answers: how does this case stand, or how did it?
func (s *Service) GetCase(ctx context.Context, q *gridcasev1.GetCaseRequest) (*gridcasev1.GetCaseResponse, error) {
	found, fresh, err := s.find(ctx, q.GetCase(), q.GetAtLeast())
	if err != nil {
		return nil, err
	}
	then, err := moment(found.GetDistrict(), q.GetAsOf())
	if err != nil {
		return nil, err
	}
	if then != nil {
		if found, err = s.caseAsOf(ctx, found, then); err != nil {
			return nil, err
		}
	}
	return &gridcasev1.GetCaseResponse{Case: found, Freshness: fresh}, nil
}

// GetTimeline answers: what happened to this case, when, by whom?
func (s *Service) GetTimeline(ctx context.Context, q *gridcasev1.GetTimelineRequest) (*gridcasev1.GetTimelineResponse, error) {
	found, fresh, err := s.find(ctx, q.GetCase(), q.GetAtLeast())
	if err != nil {
		return nil, err
	}
	entries, err := s.timelines.Of(ctx, found.GetDistrict(), found.GetCaseId(), q.GetAfterVersion(), page(q.GetLimit(), 500))
	if err != nil {
		return nil, unavailable(err)
	}
	return &gridcasev1.GetTimelineResponse{District: found.GetDistrict(), CaseId: found.GetCaseId(), Entries: entries, Freshness: fresh}, nil
}

// SearchCases finds cases by number.
func (s *Service) SearchCases(ctx context.Context, q *gridcasev1.SearchCasesRequest) (*gridcasev1.SearchCasesResponse, error) {
	scope, err := s.scope(ctx, q.GetDistrict())
	if err != nil {
		return nil, err
	}
	fresh, err := s.o.Tracker.Wait(ctx, scope.District, q.GetAtLeast())
	if err != nil {
		return nil, err
	}
	limit := page(q.GetLimit(), 50)
	cases, err := s.cases.Search(ctx, scope, q.GetNumber(), q.GetPage(), limit+1)
	if err != nil {
		return nil, unavailable(err)
	}
	answer := &gridcasev1.SearchCasesResponse{Cases: cases, Freshness: fresh}
	if len(cases) > limit {
		answer.Cases = cases[:limit]
		answer.NextPage = cases[limit-1].GetNumber()
	}
	return answer, nil
}

// RevealCase shows the sealed values of a case to those whose work needs them. Each use is logged, without the values.
func (s *Service) RevealCase(ctx context.Context, q *gridcasev1.RevealCaseRequest) (*gridcasev1.RevealCaseResponse, error) {
	found, fresh, err := s.find(ctx, q.GetCase(), q.GetAtLeast())
	if err != nil {
		return nil, err
	}
	actor := api.Actor(ctx)
	entries, err := s.wholeTimeline(ctx, found)
	if err != nil {
		return nil, err
	}
	var refs []vault.Ref
	for _, e := range entries {
		for _, sealed := range sealedIn(e.GetEvent().ProtoReflect()) {
			if actor.Reveals(sealed.GetField()) && s.seenBy(found, sealed.GetField(), actor.Role) {
				refs = append(refs, vault.Ref{CommandID: e.GetCommandId(), Sealed: sealed})
			}
		}
	}
	s.o.Logger.Info("case revealed", zap.String("actor", actor.ID), zap.String("district", found.GetDistrict()), zap.String("case", found.GetCaseId()), zap.Int("values", len(refs)))
	revealed, err := s.o.Vault.Reveal(ctx, found.GetDistrict(), found.GetCaseId(), refs)
	if err != nil {
		return nil, err
	}
	answer := &gridcasev1.RevealCaseResponse{Freshness: fresh}
	for _, r := range revealed {
		answer.Values = append(answer.Values, &gridcasev1.RevealedValue{CommandId: r.CommandID, Field: r.Field, Value: r.Text})
	}
	return answer, nil
}

// seenBy tells whether the catalogue shows a case's field to a role; what is no field of the case type is not the catalogue's.
func (s *Service) seenBy(c *gridcasev1.CaseStatus, sealed string, role gridcasev1.Role) bool {
	name, isField := strings.CutPrefix(sealed, "fields.")
	if !isField {
		return true
	}
	district, err := s.o.Directory.District(c.GetDistrict())
	return err == nil && district.Catalogue.SeenBy(c.GetCaseType(), name, role)
}

func (s *Service) wholeTimeline(ctx context.Context, c *gridcasev1.CaseStatus) ([]*gridcasev1.TimelineEntry, error) {
	var all []*gridcasev1.TimelineEntry
	for {
		more, err := s.timelines.Of(ctx, c.GetDistrict(), c.GetCaseId(), uint64(len(all)), 1000)
		if err != nil {
			return nil, unavailable(err)
		}
		all = append(all, more...)
		if len(more) < 1000 {
			return all, nil
		}
	}
}

// sealedIn returns the sealed values of a message, at any depth, in the order of the fields.
func sealedIn(m protoreflect.Message) []*gridcasev1.Sealed {
	if s, ok := m.Interface().(*gridcasev1.Sealed); ok {
		return []*gridcasev1.Sealed{proto.CloneOf(s)}
	}
	var all []*gridcasev1.Sealed
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		fd := fields.Get(i)
		switch {
		case fd.Message() == nil || !m.Has(fd):
		case fd.IsList():
			for k := range m.Get(fd).List().Len() {
				all = append(all, sealedIn(m.Get(fd).List().Get(k).Message())...)
			}
		default:
			all = append(all, sealedIn(m.Get(fd).Message())...)
		}
	}
	return all
}
