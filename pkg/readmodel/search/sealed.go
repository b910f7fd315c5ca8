package search

import (
	"slices"
	"sync"

	"google.golang.org/protobuf/reflect/protoreflect"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/projection"
)

// reports are the fields in which the reporter writes, notes those in which the others do. Who reported, a phone number, the texts of a case
// type's own fields, such as a plate, are in neither: nobody finds a case by them.
var (
	reports = []string{"description", "address"}
	notes   = []string{"note", "reason", "text"}
)

// textsOf returns the sealed texts of an event by which its case is found.
func textsOf(e *projection.Event) []*gridcasev1.Sealed {
	m := e.Message.ProtoReflect()
	var texts []*gridcasev1.Sealed
	for _, fd := range textFields(m.Descriptor()) {
		if s, ok := m.Get(fd).Message().Interface().(*gridcasev1.Sealed); ok && m.Has(fd) {
			texts = append(texts, s)
		}
	}
	return texts
}

// fieldsOf are the text fields by the event's name: to look them up in the contract for every event costs more than the fold.
var fieldsOf sync.Map

func textFields(md protoreflect.MessageDescriptor) []protoreflect.FieldDescriptor {
	if known, ok := fieldsOf.Load(md.FullName()); ok {
		return known.([]protoreflect.FieldDescriptor)
	}
	var fields []protoreflect.FieldDescriptor
	sealed := (*gridcasev1.Sealed)(nil).ProtoReflect().Descriptor().FullName()
	for i := range md.Fields().Len() {
		fd := md.Fields().Get(i)
		if fd.Message() != nil && fd.Message().FullName() == sealed && (slices.Contains(reports, string(fd.Name())) || slices.Contains(notes, string(fd.Name()))) {
			fields = append(fields, fd)
		}
	}
	fieldsOf.Store(md.FullName(), fields)
	return fields
}
