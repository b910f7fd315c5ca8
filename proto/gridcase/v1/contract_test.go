package gridcasev1_test

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// plainStrings are all fields of text in events that are not sealed, by what they hold: no name, no prose, nothing that tells of a person.
// A field comes in here only after somebody asked what people will write into it.
var plainStrings = map[protoreflect.FullName]string{
	"gridcase.v1.CaseReported.number":          "number from the sequence of the district and day",
	"gridcase.v1.CaseReported.case_type":       "code of the catalogue",
	"gridcase.v1.CaseReported.external_ref":    "code of another system",
	"gridcase.v1.VerificationRequested.worker": "user id",
	"gridcase.v1.CaseFiled.condition":          "code of the catalogue",
	"gridcase.v1.CaseDispatched.department":    "code of the department",
	"gridcase.v1.CaseDispatched.assisting":     "code of the department",
	"gridcase.v1.HandlerAssigned.handler":      "user id",
	"gridcase.v1.HandlerRevoked.handler":       "user id",
	"gridcase.v1.InspectionRequested.worker":   "user id",
	"gridcase.v1.CaseClosed.checklist":         "code of the catalogue",
	"gridcase.v1.CaseReopened.condition":       "code of the catalogue",
	"gridcase.v1.CaseReclassified.case_type":   "code of the catalogue",
	"gridcase.v1.CaseReclassified.condition":   "code of the catalogue",
	"gridcase.v1.CaseReported.parent":          "case id",
	"gridcase.v1.Permit.project":               "code of the works programme",
	"gridcase.v1.Permit.number":                "code such as a permit's number",
	"gridcase.v1.CaseFiled.duplicates_seen":    "case ids",
	"gridcase.v1.HandlingReported.condition":   "code of the catalogue",
	"gridcase.v1.CaseMerged.primary":           "case id",
	"gridcase.v1.DuplicateLinked.duplicate":    "case id",
	"gridcase.v1.CaseUnmerged.primary":         "case id",
	"gridcase.v1.DuplicateUnlinked.duplicate":  "case id",
	"gridcase.v1.UnmergeOffered.primary":       "case id",
	"gridcase.v1.Child.case_id":                "case id",
	"gridcase.v1.Child.number":                 "case number",
	"gridcase.v1.Child.case_type":              "code of the catalogue",
	"gridcase.v1.ChildSettled.child":           "case id",
	"gridcase.v1.ChildReopened.child":          "case id",
	"gridcase.v1.Attachment.sha256":            "digest",
	"gridcase.v1.Attachment.media_type":        "code of the file's form",
	"gridcase.v1.AttachmentRedacted.sha256":    "digest",
	"gridcase.v1.Place.grid":                   "code of the area",
	"gridcase.v1.Place.community":              "code of the area",
	"gridcase.v1.Place.street":                 "code of the area",
	"gridcase.v1.Place.district":               "code of the area",
	"gridcase.v1.Photo.kind":                   "code of the catalogue",
	"gridcase.v1.Photo.sha256":                 "digest",
	"gridcase.v1.Field.name":                   "code of the catalogue",
	"gridcase.v1.Field.code":                   "code such as a permit's number",
	"gridcase.v1.Field.choice":                 "code of the catalogue",
	"gridcase.v1.Sealed.person_ref":            "random id of a person in one case",
	"gridcase.v1.Sealed.field":                 "name of the command's field",
	"gridcase.v1.ProjectPlanned.road":          "public name of a road",
	"gridcase.v1.ProjectPlanned.contractor":    "name of a company, as the permit's board shows it",
	"gridcase.v1.Segment.id":                   "code within the project",
	"gridcase.v1.PermitGranted.number":         "code of the permit",
	"gridcase.v1.PermitExtended.number":        "code of the permit",
	"gridcase.v1.PermitRevoked.number":         "code of the permit",
	"gridcase.v1.SegmentCompleted.segment":     "code within the project",
	"gridcase.v1.SegmentInspected.segment":     "code within the project",
}

// walkEvents visits every field of every event, of cases and of projects.
func walkEvents(visit func(protoreflect.FieldDescriptor)) {
	walk((&gridcasev1.Event{}).ProtoReflect().Descriptor(), visit)
	walk((&gridcasev1.WorksEvent{}).ProtoReflect().Descriptor(), visit)
}

func TestTextInAnEventIsSealedOrACode(t *testing.T) {
	t.Parallel()
	seen := map[protoreflect.FullName]bool{}
	walkEvents(func(fd protoreflect.FieldDescriptor) {
		seen[fd.FullName()] = true
		switch {
		case fd.Kind() == protoreflect.BytesKind && fd.FullName() != "gridcase.v1.Sealed.commitment":
			t.Errorf("%s holds bytes that nobody can look into", fd.FullName())
		case fd.Kind() == protoreflect.StringKind && plainStrings[fd.FullName()] == "":
			t.Errorf("%s holds plain text: seal it, or say what code it is", fd.FullName())
		}
	})
	for name := range plainStrings {
		if !seen[name] {
			t.Errorf("%s is listed as plain, but no event has it", name)
		}
	}
}

func TestNoEventHoldsAMap(t *testing.T) {
	t.Parallel()
	walkEvents(func(fd protoreflect.FieldDescriptor) {
		if fd.IsMap() {
			t.Errorf("%s is a map: its bytes have no one order", fd.FullName())
		}
	})
}

// commands returns every message with a target.
func commands() []protoreflect.MessageDescriptor {
	var found []protoreflect.MessageDescriptor
	for _, file := range []protoreflect.FileDescriptor{gridcasev1.File_gridcase_v1_commands_proto, gridcasev1.File_gridcase_v1_works_service_proto} {
		for i := range file.Messages().Len() {
			if m := file.Messages().Get(i); m.Fields().ByName("target") != nil {
				found = append(found, m)
			}
		}
	}
	return found
}

func TestEveryTextOfACommandIsSealedOrHasAPattern(t *testing.T) {
	t.Parallel()
	for _, command := range commands() {
		walk(command, func(fd protoreflect.FieldDescriptor) {
			if fd.Kind() != protoreflect.StringKind || person(fd) {
				return
			}
			if !strings.Contains(rules(fd), "pattern") && !strings.Contains(rules(fd), "uuid") {
				t.Errorf("%s takes any text and is not sealed", fd.FullName())
			}
		})
	}
}

func person(fd protoreflect.FieldDescriptor) bool {
	return proto.GetExtension(fd.Options(), gridcasev1.E_Sealed) != gridcasev1.Person_PERSON_UNSPECIFIED
}

// rules is what the field's options say, as text.
func rules(fd protoreflect.FieldDescriptor) string {
	return prototext.Format(fd.Options())
}

func TestASealedTextOfACommandHasItsSealInTheEventOfTheSameName(t *testing.T) {
	t.Parallel()
	seals := map[protoreflect.Name]bool{}
	walk((&gridcasev1.Event{}).ProtoReflect().Descriptor(), func(fd protoreflect.FieldDescriptor) {
		if fd.Message() != nil && fd.Message().Name() == "Sealed" {
			seals[fd.Name()] = true
		}
	})
	for _, command := range commands() {
		walk(command, func(fd protoreflect.FieldDescriptor) {
			if person(fd) && fd.FullName() != "gridcase.v1.FieldInput.text" && !seals[fd.Name()] {
				t.Errorf("%s is sealed, but no event has a seal of that name", fd.FullName())
			}
		})
	}
}

func TestTheListOfEventsIsOneOfNamesThatMakeEvents(t *testing.T) {
	t.Parallel()
	types := slices.Concat(gridcasev1.EventTypes(), gridcasev1.WorksEventTypes())
	if sorted := slices.Sorted(slices.Values(types)); len(types) == 0 || len(slices.Compact(sorted)) != len(types) {
		t.Errorf("%d names: %v", len(types), types)
	}
	for _, name := range types {
		e := gridcasev1.NewEvent(name)
		if e == nil {
			t.Errorf("%s makes no event", name)
			continue
		}
		if got := gridcasev1.EventType(e); got != name {
			t.Errorf("%s makes a %s", name, got)
		}
		if w := wrap(e); w == nil || w.WhichOneof(w.Descriptor().Oneofs().Get(0)).Message().FullName() != protoreflect.FullName(name) {
			t.Errorf("%s is wrapped as %v", name, w)
		}
	}
}

// wrap returns e in the one list that has it; nil where none or both have.
func wrap(e proto.Message) protoreflect.Message {
	ofCase, ofProject := gridcasev1.WrapEvent(e), gridcasev1.WrapWorksEvent(e)
	switch {
	case ofCase != nil && ofProject == nil:
		return ofCase.ProtoReflect()
	case ofProject != nil && ofCase == nil:
		return ofProject.ProtoReflect()
	}
	return nil
}

func TestWhatIsNoEventMakesNone(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "gridcase.v1.FileCase", "CaseFiled", "gridcase.v1.Event", "gridcase.v1.WorksEvent", "gridcase.v1.PlanProject"} {
		if e := gridcasev1.NewEvent(name); e != nil {
			t.Errorf("%q makes a %T", name, e)
		}
	}
	if w := wrap(&gridcasev1.FileCase{}); w != nil {
		t.Errorf("a command is wrapped as %v", w)
	}
}
