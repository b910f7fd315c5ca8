package kpi

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// Cut returns an event without what no figure is made of: the figures of cut events are those of the whole ones. The view kpifacts keeps events
// so. Who has a figure read more of an event keeps it here, and gives the view its next version: what was cut off before is not in the old one.
func Cut(e Event) Event {
	cut := Event{Case: e.Case, At: e.At, Grid: e.Grid, Message: said(e.Message)}
	switch m := e.Message.(type) {
	case *gridcasev1.CaseReported:
		if m.GetSource() == gridcasev1.Source_SOURCE_GRID_WORKER {
			cut.Actor = e.Actor
		}
	case *gridcasev1.HandlingReported:
		if m.GetSelf() {
			cut.Actor = e.Actor
		}
	}
	setClocks(cut.Message, clocksOf(e.Message))
	return cut
}

// said is what an event says, but for the clocks.
func said(m proto.Message) proto.Message {
	switch m := m.(type) {
	case *gridcasev1.CaseReported:
		return &gridcasev1.CaseReported{CaseType: m.GetCaseType(), Source: m.GetSource()}
	case *gridcasev1.CaseReclassified:
		return &gridcasev1.CaseReclassified{CaseType: m.GetCaseType()}
	case *gridcasev1.VerificationRequested:
		return &gridcasev1.VerificationRequested{Worker: m.GetWorker()}
	case *gridcasev1.InspectionRequested:
		return &gridcasev1.InspectionRequested{Worker: m.GetWorker()}
	case *gridcasev1.CaseDispatched:
		return &gridcasev1.CaseDispatched{Department: m.GetDepartment()}
	case *gridcasev1.HandlingReported:
		return &gridcasev1.HandlingReported{Self: m.GetSelf(), Outcome: m.GetOutcome()}
	case *gridcasev1.VisitRecorded:
		return &gridcasev1.VisitRecorded{Satisfaction: m.GetSatisfaction()}
	case *gridcasev1.FeedbackRecorded:
		return &gridcasev1.FeedbackRecorded{Satisfaction: m.GetSatisfaction()}
	case *gridcasev1.AppealDecided:
		return &gridcasev1.AppealDecided{Decision: m.GetDecision()}
	}
	return m.ProtoReflect().New().Interface()
}

// clocksOf are the readings of an event that has any.
func clocksOf(m proto.Message) []*gridcasev1.Clocks {
	if read, ok := m.(interface{ GetClocks() []*gridcasev1.Clocks }); ok {
		return read.GetClocks()
	}
	return nil
}

// setClocks gives an event of a type that has them the readings, as far as a figure is made of them.
func setClocks(m proto.Message, clocks []*gridcasev1.Clocks) {
	if len(clocks) == 0 {
		return
	}
	to := m.ProtoReflect()
	list := to.Mutable(to.Descriptor().Fields().ByName("clocks")).List()
	for _, k := range clocks {
		list.Append(protoreflect.ValueOfMessage((&gridcasev1.Clocks{Stage: k.GetStage(), Due: k.GetDue(), Paused: k.GetPaused()}).ProtoReflect()))
	}
}
