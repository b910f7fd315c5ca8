package kpi

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// told are the fields of events that figures are made of, beside the clocks.
var told = []protoreflect.Name{"case_type", "decision", "department", "outcome", "satisfaction", "self", "source", "worker"}

// Cut returns an event without what no figure is made of: the figures of cut events are those of the whole ones.
func Cut(e Event) Event {
	cut := Event{Case: e.Case, At: e.At, Grid: e.Grid, Message: cutMessage(e.Message)}
	switch m := e.Message.(type) {
	case *gridcasev1.CaseReported:
		cut.Actor = e.Actor
	case *gridcasev1.HandlingReported:
		if m.GetSelf() {
			cut.Actor = e.Actor
		}
	}
	return cut
}

func cutMessage(m proto.Message) proto.Message {
	from := m.ProtoReflect()
	to := from.New()
	fields := from.Descriptor().Fields()
	for _, name := range told {
		if f := fields.ByName(name); f != nil && from.Has(f) {
			to.Set(f, from.Get(f))
		}
	}
	if clocks := clocksOf(m); len(clocks) > 0 {
		list := to.Mutable(fields.ByName("clocks")).List()
		for _, k := range clocks {
			list.Append(protoreflect.ValueOfMessage((&gridcasev1.Clocks{Stage: k.GetStage(), Due: k.GetDue(), Paused: k.GetPaused()}).ProtoReflect()))
		}
	}
	return to.Interface()
}

// clocksOf are the readings of an event that has any.
func clocksOf(m proto.Message) []*gridcasev1.Clocks {
	if read, ok := m.(interface{ GetClocks() []*gridcasev1.Clocks }); ok {
		return read.GetClocks()
	}
	return nil
}
