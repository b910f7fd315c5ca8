package query

import (
	"context"

	"go.uber.org/zap"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/api"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/readmodel"
	"github.com/gridcase/gridcase/pkg/readmodel/casestatus"
	"github.com/gridcase/gridcase/pkg/text"
)

// SearchText finds cases by words of what was written about them. Each use is logged, without the words.
func (s *Service) SearchText(ctx context.Context, q *gridcasev1.SearchTextRequest) (*gridcasev1.SearchTextResponse, error) {
	scope, err := s.scope(ctx, q.GetDistrict())
	if err != nil {
		return nil, err
	}
	asked := text.Asked(q.GetText())
	if len(asked) == 0 {
		return nil, fault.BadField("text", "search.no_words", "a text to look for has at least one Chinese character, letter or digit")
	}
	if q.GetPage() != "" && !readmodel.IsCaseID(q.GetPage()) {
		return nil, fault.BadPage()
	}
	fresh, err := s.o.Tracker.Wait(ctx, scope.District, q.GetAtLeast())
	if err != nil {
		return nil, err
	}
	limit := page(q.GetLimit(), 50)
	found, err := s.textual(ctx, scope, asked, q, limit+1)
	if err != nil {
		return nil, unavailable(err)
	}
	answer := &gridcasev1.SearchTextResponse{Cases: found[:min(len(found), limit)], Freshness: fresh}
	if len(found) > limit {
		answer.NextPage = found[limit-1].GetCaseId()
	}
	s.o.Logger.Info("cases searched by text", zap.String("actor", api.Actor(ctx).ID), zap.String("district", scope.District), zap.Int("words", len(asked)), zap.Int("cases", len(answer.GetCases())))
	return answer, nil
}

// textual returns the newest cases in scope that have all words: of the first relation of hits that fills the page, else of the last one.
func (s *Service) textual(ctx context.Context, scope access.Scope, asked []string, q *gridcasev1.SearchTextRequest, limit int) ([]*gridcasev1.CaseStatus, error) {
	relations, err := s.texts.Hits(ctx, scope.District, s.o.Vault.Digests(asked), q.GetPage())
	if err != nil {
		return nil, err
	}
	var found []*gridcasev1.CaseStatus
	for _, hits := range relations {
		found, err = s.cases.Among(ctx, scope, hits, casestatus.Filter{CaseType: q.GetCaseType(), Area: q.GetArea()}, limit)
		if err != nil || len(found) == limit {
			return found, err
		}
	}
	return found, nil
}
