package dispatch

import (
	"context"
	"hash/fnv"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/reference"
)

// verify sends a grid worker to the spot of a public report, where the district's policy wants it.
func (m *Managers) verify(ctx context.Context, e *eventstore.Event, event *gridcasev1.CaseReported) error {
	public := event.GetSource() == gridcasev1.Source_SOURCE_HOTLINE || event.GetSource() == gridcasev1.Source_SOURCE_CITIZEN
	if !public || event.GetParent() != "" { // what a case was split from was verified
		return nil
	}
	d, err := m.known(e.District)
	if err != nil || !d.Catalogue.Policy().AutoVerification() {
		return err
	}
	return m.task(ctx, d, e, event.GetPlace(), func(to *gridcasev1.Target, worker string) order {
		return &gridcasev1.RequestVerification{Target: to, Worker: worker}
	})
}

// inspect sends a grid worker to see what was handled, where the district's policy wants it. A self-fix is audited at the desk.
func (m *Managers) inspect(ctx context.Context, e *eventstore.Event, event *gridcasev1.HandlingReported) error {
	if event.GetSelf() {
		return nil
	}
	d, err := m.known(e.District)
	if err != nil || !d.Catalogue.Policy().AutoInspection() {
		return err
	}
	h, err := m.history(ctx, e)
	if err != nil {
		return err
	}
	return m.task(ctx, d, e, h.place, func(to *gridcasev1.Target, worker string) order {
		return &gridcasev1.RequestInspection{Target: to, Worker: worker}
	})
}

// ownHandling is the rules' answer to sending somebody to inspect what he handled himself.
const ownHandling = "worker.own_handling"

// task sends one of the nearest grid workers, as long as the case stands as the event left it. The cases of a place go round among its
// workers; one who had a hand in the case is passed over.
func (m *Managers) task(ctx context.Context, d *reference.District, e *eventstore.Event, at *gridcasev1.Place, ask func(to *gridcasev1.Target, worker string) order) error {
	var hands []string
	for {
		workers := d.Workers(at, hands)
		if len(workers) == 0 {
			return nil // it stays in the acceptor's queue
		}
		worker := workers[turn(e.CaseID, len(workers))].GetId()
		refusal, err := m.send(ctx, e.District, ask(caused(e), worker))
		if err != nil || refusal == nil || refusal.Code != ownHandling {
			return err
		}
		hands = append(hands, worker)
	}
}

// turn picks one of n for a case: always the same, and each about as often.
func turn(caseID string, n int) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(caseID)) // it never fails
	return int(h.Sum32() % uint32(n))
}

// caused names the case for a command that an event causes by itself. Where people were faster, it is theirs: the case has moved on.
func caused(e *eventstore.Event) *gridcasev1.Target {
	to := target(e.District, e.CaseID, "event", e.ID)
	to.ExpectedVersion = &e.Version
	return to
}
