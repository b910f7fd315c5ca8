package casework_test

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
)

// internal are the commands that follow from what happened to another case: nobody sends them by themselves.
var internal = map[string]bool{"OpenChild": true, "LinkDuplicate": true, "UnlinkDuplicate": true, "OfferUnmerge": true, "SettleChild": true, "ReopenChild": true}

// sentNames are the commands that somebody sends, people or timers.
var sentNames = func() (names []string) {
	for _, name := range commandNames {
		if !internal[name] {
			names = append(names, name)
		}
	}
	return names
}()

// drawCommand picks a command of the contract with what its sender may put into it, sensible or not.
func (w *walk) drawCommand(t *rapid.T) casework.Command {
	cmd, _ := newCommand(protoreflect.Name(sentNames[w.turn(t, "command", len(sentNames))]))
	m := cmd.ProtoReflect()
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		if fd := fields.Get(i); fd.Name() != "target" {
			w.fill(t, m, fd)
		}
	}
	return cmd
}

// fill draws a value of one field.
func (w *walk) fill(t *rapid.T, m protoreflect.Message, fd protoreflect.FieldDescriptor) {
	label := string(fd.Name())
	switch {
	case proto.GetExtension(fd.Options(), gridcasev1.E_Sealed) != gridcasev1.Person_PERSON_UNSPECIFIED:
		m.Set(fd, protoreflect.ValueOfString(rapid.SampledFrom([]string{"", "a text", "a text"}).Draw(t, label)))
	case fd.Kind() == protoreflect.EnumKind:
		m.Set(fd, protoreflect.ValueOfEnum(protoreflect.EnumNumber(rapid.IntRange(lowest[label], fd.Enum().Values().Len()-1).Draw(t, label))))
	case words[label] != nil && fd.IsList():
		for _, word := range rapid.SliceOfN(rapid.SampledFrom(words[label]), 0, 2).Draw(t, label) {
			m.Mutable(fd).List().Append(protoreflect.ValueOfString(word))
		}
	case words[label] != nil:
		m.Set(fd, protoreflect.ValueOfString(rapid.SampledFrom(words[label]).Draw(t, label)))
	case fd.IsList():
		for _, part := range w.drawParts(t, label) {
			m.Mutable(fd).List().Append(protoreflect.ValueOfMessage(part.ProtoReflect()))
		}
	default:
		m.Set(fd, w.drawValue(t, label))
	}
}

// lowest is 0 for the enums that may be left out; the others have a value.
var lowest = map[string]int{"priority": 1, "decision": 1, "result": 1, "outcome": 1, "kind": 1, "reason_code": 1, "state": 1, "stage": 1, "satisfaction": 0, "waiver": 0, "source": 0}

// words are what stands in a field that names something, by the field's name.
var words = map[string][]string{
	"case_type": {"parking.motor", "parking.motor", "drain.pipe", "road.spill", "old.stall"}, "condition": {"C1", "C2", "C2", "C3", "C5", "C9", "B2", "R1", ""},
	"worker": {"worker", "second-worker", "distant-worker", "handler"}, "handler": {"handler", "second-handler", "water-handler"},
	"department": {"roads", "water", "harbour"}, "assisting": {"roads", "water"}, "checklist": {"cleared", "advised", "painted"},
	"primary_id": {"case-1", "case-2", "case-3"}, "duplicates_seen": {"case-2"}, "grid": {"", "", cell(1)}, "external_ref": {""},
	"sha256": {fmt.Sprintf("%064x", 1), fmt.Sprintf("%064x", 2), fmt.Sprintf("%064x", 3)},
}

// drawParts draws what stands in a field that holds several messages.
func (w *walk) drawParts(t *rapid.T, label string) (parts []proto.Message) {
	switch label {
	case "photos":
		for _, kind := range rapid.SliceOfN(rapid.SampledFrom([]string{"far", "before", "after", "after"}), 0, 3).Draw(t, label) {
			parts = append(parts, &gridcasev1.Photo{Kind: kind, Sha256: "00"})
		}
	case "fields":
		for _, field := range rapid.SampledFrom([][]*gridcasev1.FieldInput{nil, {onFootway}, {onFootway}, {ticket("T-1")}, {onFootway, ticket("T-2")}}).Draw(t, label) {
			parts = append(parts, field)
		}
	case "children":
		for n := range rapid.IntRange(1, 2).Draw(t, label) {
			parts = append(parts, &gridcasev1.ChildInput{CaseId: fmt.Sprintf("case-%d", len(w.cases)+1+n), CaseType: "drain.pipe"})
		}
	default:
		t.Fatalf("nobody draws the parts of %s", label)
	}
	return parts
}

// drawValue draws a single value.
func (w *walk) drawValue(t *rapid.T, label string) protoreflect.Value {
	var m proto.Message
	switch label {
	case "point":
		m = rapid.SampledFrom([]*gridcasev1.GeoPoint{spot(1), spot(1), spot(2), spot(4), abroad}).Draw(t, label)
	case "until", "due":
		m = stamp(w.now.Add(time.Duration(rapid.IntRange(-1, 400*24).Draw(t, label)) * time.Hour))
	case "attachment":
		m = &gridcasev1.Attachment{Sha256: rapid.SampledFrom(words["sha256"]).Draw(t, label), MediaType: "image/jpeg", Size: 1}
	case "level":
		return protoreflect.ValueOfUint32(rapid.Uint32Range(0, 3).Draw(t, label))
	default:
		t.Fatalf("nobody draws a value of %s", label)
	}
	return protoreflect.ValueOfMessage(m.ProtoReflect())
}
