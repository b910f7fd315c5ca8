package dispatch

import (
	"context"
	"maps"
	"slices"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
)

// history is what the log tells of a case up to an event: what it is and where.
type history struct {
	caseType string
	place    *gridcasev1.Place
	fields   map[string]*gridcasev1.Field
}

// history reads the log, not a view: no view need be there, and none would be behind.
func (m *Managers) history(ctx context.Context, until *eventstore.Event) (history, error) {
	h := history{fields: map[string]*gridcasev1.Field{}}
	key, err := eventstore.CaseOf(until.District, until.CaseID)
	if err != nil {
		return h, err
	}
	events, err := m.log.Load(ctx, key, 0, 0, "")
	if err != nil {
		return h, err
	}
	for i := range events {
		if events[i].Version > until.Version {
			break
		}
		message, err := events[i].Decode()
		if err != nil {
			return h, err
		}
		h.apply(message)
	}
	return h, nil
}

func (h *history) apply(message proto.Message) {
	switch event := message.(type) {
	case *gridcasev1.CaseReported:
		h.caseType, h.place = event.GetCaseType(), event.GetPlace()
		h.take(event.GetFields())
	case *gridcasev1.ReportAmended:
		h.take(event.GetFields())
	case *gridcasev1.CaseReclassified:
		h.caseType = event.GetCaseType()
	case *gridcasev1.CaseRelocated:
		h.place = event.GetPlace()
	}
}

func (h *history) take(fields []*gridcasev1.Field) {
	for _, f := range fields {
		h.fields[f.GetName()] = f
	}
}

// given are the fields by name.
func (h *history) given() []*gridcasev1.Field {
	var fields []*gridcasev1.Field
	for _, name := range slices.Sorted(maps.Keys(h.fields)) {
		fields = append(fields, h.fields[name])
	}
	return fields
}
