package gridcasev1

import (
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// members are the fields of a list of events by the name that the header ce-type carries: the message's full name.
type members map[string]protoreflect.FieldDescriptor

func membersOf(list proto.Message) members {
	fields := list.ProtoReflect().Descriptor().Fields()
	m := make(members, fields.Len())
	for i := range fields.Len() {
		m[string(fields.Get(i).Message().FullName())] = fields.Get(i)
	}
	return m
}

var (
	caseEvents  = sync.OnceValue(func() members { return membersOf((*Event)(nil)) })
	worksEvents = sync.OnceValue(func() members { return membersOf((*WorksEvent)(nil)) })
)

// EventType returns what the header ce-type says of e, such as "gridcase.v1.CaseReported".
func EventType(e proto.Message) string { return string(e.ProtoReflect().Descriptor().FullName()) }

// NewEvent returns an empty event of the named type, of a case or of a project; nil where the contract has no such event.
func NewEvent(eventType string) proto.Message {
	if f, ok := caseEvents()[eventType]; ok {
		return (*Event)(nil).ProtoReflect().NewField(f).Message().Interface()
	}
	if f, ok := worksEvents()[eventType]; ok {
		return (*WorksEvent)(nil).ProtoReflect().NewField(f).Message().Interface()
	}
	return nil
}

// WrapEvent returns e as the member of Event that it is, nil where a case has no such event.
func WrapEvent(e proto.Message) *Event {
	f, ok := caseEvents()[EventType(e)]
	if !ok {
		return nil
	}
	w := new(Event)
	w.ProtoReflect().Set(f, protoreflect.ValueOfMessage(e.ProtoReflect()))
	return w
}

// UnwrapEvent returns the event that w is; nil where it is none that the contract has.
func UnwrapEvent(w *Event) proto.Message {
	m := w.ProtoReflect()
	member := m.WhichOneof(m.Descriptor().Oneofs().Get(0))
	if member == nil {
		return nil
	}
	return m.Get(member).Message().Interface()
}

// WrapWorksEvent returns e as the member of WorksEvent that it is, nil where a project has no such event.
func WrapWorksEvent(e proto.Message) *WorksEvent {
	f, ok := worksEvents()[EventType(e)]
	if !ok {
		return nil
	}
	w := new(WorksEvent)
	w.ProtoReflect().Set(f, protoreflect.ValueOfMessage(e.ProtoReflect()))
	return w
}

// EventTypes returns every type of a case's events, in the order of their numbers.
func EventTypes() []string { return typesOf((*Event)(nil)) }

// WorksEventTypes returns every type of a project's events, in the order of their numbers.
func WorksEventTypes() []string { return typesOf((*WorksEvent)(nil)) }

func typesOf(list proto.Message) []string {
	fields := list.ProtoReflect().Descriptor().Fields()
	types := make([]string, fields.Len())
	for i := range types {
		types[i] = string(fields.Get(i).Message().FullName())
	}
	return types
}
