package gridcasev1

import (
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// eventFields are the members of Event by the name that the header ce-type carries: the message's full name.
var eventFields = sync.OnceValue(func() map[string]protoreflect.FieldDescriptor {
	fields := (*Event)(nil).ProtoReflect().Descriptor().Fields()
	m := make(map[string]protoreflect.FieldDescriptor, fields.Len())
	for i := range fields.Len() {
		m[string(fields.Get(i).Message().FullName())] = fields.Get(i)
	}
	return m
})

// EventType returns what the header ce-type says of e, such as "gridcase.v1.CaseReported".
func EventType(e proto.Message) string { return string(e.ProtoReflect().Descriptor().FullName()) }

// NewEvent returns an empty event of the named type, nil where the contract has no such event.
func NewEvent(eventType string) proto.Message {
	f, ok := eventFields()[eventType]
	if !ok {
		return nil
	}
	return (*Event)(nil).ProtoReflect().NewField(f).Message().Interface()
}

// WrapEvent returns e as the member of Event that it is, nil where the contract has no such event.
func WrapEvent(e proto.Message) *Event {
	f, ok := eventFields()[EventType(e)]
	if !ok {
		return nil
	}
	w := new(Event)
	w.ProtoReflect().Set(f, protoreflect.ValueOfMessage(e.ProtoReflect()))
	return w
}

// EventTypes returns every event type of the contract, in the order of their numbers.
func EventTypes() []string {
	fields := (*Event)(nil).ProtoReflect().Descriptor().Fields()
	types := make([]string, fields.Len())
	for i := range types {
		types[i] = string(fields.Get(i).Message().FullName())
	}
	return types
}
