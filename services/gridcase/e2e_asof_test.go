package main_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/fault"
)

// stood is what the API answered of a case when that was the newest.
type stood struct {
	status   *gridcasev1.CaseStatus
	position string
	until    time.Time // when the case changed next; zero: it did not
}

// tell plays cases and remembers each answer on the way.
func (c city) tell(t *testing.T, dice *rand.Rand, cases int) (seen []stood) {
	t.Helper()
	for range cases {
		id := newCaseID(t)
		for i, step := range usualWay(dice, id) {
			receipt, err := c.as(step.user).Do(t.Context(), step.cmd)
			if fault.Of(err).Code == "case.duplicates_unseen" {
				break // two cases may lie side by side
			}
			if err != nil {
				t.Fatal(err)
			}
			status := c.status(t, id, receipt.GetPosition())
			if i > 0 {
				seen[len(seen)-1].until = status.GetChangedAt().AsTime()
			}
			seen = append(seen, stood{status: status, position: receipt.GetPosition()})
		}
	}
	return seen
}

// TestAThousandMomentsAreAnsweredAsTheyWere: what the API said of a case while it was the newest, it says as of that position, and as of any
// time until the case changed.
func TestAThousandMomentsAreAnsweredAsTheyWere(t *testing.T) {
	t.Parallel()
	r := start(t, "up", "--data", dataDir(t))
	c := city{"http://" + r.api, "http://" + r.api}
	c.open(t)
	dice := rand.New(rand.NewPCG(1, 2))
	seen := c.tell(t, dice, 60)
	for range 1000 {
		s := seen[dice.IntN(len(seen))]
		asOf := &gridcasev1.AsOf{Positions: []string{s.position}}
		if began := s.status.GetChangedAt().AsTime(); dice.IntN(2) == 0 {
			until := s.until
			if until.IsZero() {
				until = began.Add(time.Hour)
			}
			asOf = &gridcasev1.AsOf{At: timestamppb.New(began.Add(time.Duration(dice.Int64N(int64(until.Sub(began)) + 1))))}
			if asOf.GetAt().AsTime().Equal(until) && !s.until.IsZero() {
				continue // the next event's own time
			}
		}
		answer, err := c.as("supervisor").Query.GetCase(t.Context(), &gridcasev1.GetCaseRequest{Case: &gridcasev1.CaseRef{CaseId: s.status.GetCaseId()}, AsOf: asOf})
		if err != nil {
			t.Fatalf("as of %v: %v", asOf, client.Fault(err))
		}
		if diff := cmp.Diff(s.status, answer.GetCase(), protocmp.Transform()); diff != "" {
			t.Fatalf("case %s as of %v (-said then +says now):\n%s", s.status.GetCaseId(), asOf, diff)
		}
	}
	c.refusesMoments(t, seen[0].status)
	c.drawsTheSameMap(t)
}

// drawsTheSameMap checks that a map of totals is the map without its counts, now and as of now.
func (c city) drawsTheSameMap(t *testing.T) {
	t.Helper()
	ask := func(q *gridcasev1.GetGridMapRequest) *gridcasev1.GetGridMapResponse {
		answer, err := c.as("supervisor").Query.GetGridMap(t.Context(), q)
		if err != nil {
			t.Fatal(client.Fault(err))
		}
		return answer
	}
	want := ask(&gridcasev1.GetGridMapRequest{})
	if n := want.GetTotal(); n.GetOpen()+n.GetClosed() == 0 || len(n.GetCounts()) == 0 {
		t.Fatalf("nothing stands on the map: %v", n)
	}
	want.Total.Counts = nil
	for _, g := range want.GetGrids() {
		g.Counts = nil
	}
	for name, q := range map[string]*gridcasev1.GetGridMapRequest{
		"now":       {TotalsOnly: true},
		"as of now": {TotalsOnly: true, AsOf: &gridcasev1.AsOf{Positions: want.GetFreshness().GetPositions()}},
	} {
		if diff := cmp.Diff(want, ask(q), protocmp.Transform()); diff != "" {
			t.Errorf("the map of totals %s (-of counts +of totals):\n%s", name, diff)
		}
	}
}

// refusesMoments checks what is no moment, who may not look back, and what was not there yet.
func (c city) refusesMoments(t *testing.T, k *gridcasev1.CaseStatus) {
	t.Helper()
	ref, before := &gridcasev1.CaseRef{CaseId: k.GetCaseId()}, &gridcasev1.AsOf{At: timestamppb.New(k.GetReportedAt().AsTime().Add(-time.Second))}
	ask := func(user string, asOf *gridcasev1.AsOf) string {
		_, err := c.as(user).Query.GetCase(t.Context(), &gridcasev1.GetCaseRequest{Case: ref, AsOf: asOf})
		return client.Fault(err).Code
	}
	for code, got := range map[string]string{
		"case.not_yet":       ask("supervisor", before),
		"as_of.one":          ask("supervisor", &gridcasev1.AsOf{}),
		"position.malformed": ask("supervisor", &gridcasev1.AsOf{Positions: []string{"yesterday"}}),
		"as_of.district":     ask("supervisor", &gridcasev1.AsOf{Positions: []string{"610302-2026:1"}}),
		"case.not_found":     ask("worker-2", before),
	} {
		if got != code {
			t.Errorf("want %s, got %s", code, got)
		}
	}
	_, err := c.as("worker-1").Query.GetGridMap(t.Context(), &gridcasev1.GetGridMapRequest{AsOf: before})
	if client.Fault(err).Code != "as_of.scope" {
		t.Errorf("a grid worker looks back at the district: %v, want as_of.scope", err)
	}
	answer, err := c.as("supervisor").Query.GetGridMap(t.Context(), &gridcasev1.GetGridMapRequest{AsOf: before})
	if err != nil || answer.GetTotal().GetOpen() != 0 || len(answer.GetGrids()) == 0 {
		t.Errorf("before the first case: %v, %v", answer, err)
	}
}
