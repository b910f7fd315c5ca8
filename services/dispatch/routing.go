package dispatch

import (
	"context"
	"slices"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
)

// route sends a case that was filed to the department that the catalogue names, where its type is dispatched by itself. Else it stays in the
// dispatcher's queue.
func (m *Managers) route(ctx context.Context, e *eventstore.Event, event *gridcasev1.CaseFiled) error {
	d, err := m.known(e.District)
	if err != nil || !slices.ContainsFunc(d.Catalogue.Types(), (*gridcasev1.CaseType).GetAutoDispatch) {
		return err
	}
	h, err := m.history(ctx, e)
	if err != nil {
		return err
	}
	caseType, ok := d.Catalogue.Type(h.caseType)
	if !ok || !caseType.GetAutoDispatch() {
		return nil
	}
	to := d.Catalogue.Route(h.caseType, event.GetCondition(), h.given(), h.place)
	if to.Department == "" {
		return nil
	}
	_, err = m.send(ctx, e.District, &gridcasev1.DispatchCase{Target: caused(e), Department: to.Department, Assisting: to.Assisting})
	return err // what is refused stays with the dispatcher
}
