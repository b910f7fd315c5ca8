package casework_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
)

// step is a command that somebody sends at some time.
type step struct {
	by   string
	at   string // see on
	cmd  casework.Command
	with func(*casework.Facts) // what is not as usual in the district; nil: nothing
}

// facts is what the rules may know at a step.
func (s step) facts() casework.Facts {
	f := casework.Facts{Now: on(s.at), Actor: actor(s.by), Grids: grids, Catalogue: caseTypes, Calendar: workingHours, People: staff,
		Numbers: numbersFor(s.cmd), Sealed: sealedOf(s.cmd)}
	if s.with != nil {
		s.with(&f)
	}
	return f
}

// numbersFor are numbers that no case has, as many as the command may need.
func numbersFor(cmd casework.Command) []string {
	numbers := []string{"6103992026110200001", "6103992026110200002", "6103992026110200003"}
	if split, ok := cmd.(*gridcasev1.SplitCase); ok {
		for n := len(numbers); n < len(split.GetChildren()); n++ {
			numbers = append(numbers, fmt.Sprintf("61039920261102%05d", n+1))
		}
	}
	return numbers
}

// story is a case and the events that made it.
type story struct {
	casework.Case
	events []casework.Recorded
}

// take lets the rules decide on a step and folds what they yield, as the write side does.
func (s story) take(next step) (story, []proto.Message, error) {
	f := next.facts()
	messages, err := casework.Decide(s.Case, next.cmd, f)
	if err != nil {
		return s, messages, err
	}
	s.events = slices.Clone(s.events)
	for _, r := range s.recorded(commandID(s.Version+1), messages, f) {
		s.Case = casework.Evolve(s.Case, r)
		s.events = append(s.events, r)
	}
	return s, messages, nil
}

// recorded are the events that a command yields, as the log would hold them behind those of the story.
func (s story) recorded(command string, messages []proto.Message, f casework.Facts) []casework.Recorded {
	var stored []casework.Recorded
	c := s.Case
	for _, m := range messages {
		r := story{Case: c}.record(m, f)
		r.Envelope.CommandID, r.Envelope.CommandHash = command, "hash-of-"+command
		c = casework.Evolve(c, r)
		r.Envelope.State = c.State
		stored = append(stored, r)
	}
	return stored
}

// commandID is the id of the command whose first event has the version.
func commandID(version uint64) string { return fmt.Sprintf("command-%d", version) }

// record is the event as the log would hold it behind those of the story.
func (s story) record(m proto.Message, f casework.Facts) casework.Recorded {
	command := commandID(s.Version + 1)
	sum := sha256.Sum256([]byte(s.Hash + command))
	return casework.Recorded{Message: m, Seq: 10 * (s.Version + 1), Hash: hex.EncodeToString(sum[:]), Envelope: &gridcasev1.Envelope{
		Type: gridcasev1.EventType(m), Time: f.Now, Version: s.Version + 1, CommandID: command, CommandHash: "hash-of-" + command, Actor: f.Actor.ID,
		Role: f.Actor.Role, Catalogue: f.Catalogue.Version(), Calendar: f.Calendar.Version(), Prev: s.Hash}}
}

// play tells a story from nothing, each step of which must be taken.
func play(t testing.TB, steps ...step) story {
	t.Helper()
	var s story
	for i, next := range steps {
		var err error
		if s, _, err = s.take(next); err != nil {
			t.Fatalf("step %d, %T by %s: %v", i+1, next.cmd, next.by, err)
		}
	}
	return s
}

// then returns a longer story; the shorter one stays as it was.
func then(steps []step, more ...step) []step { return append(slices.Clone(steps), more...) }

// sealed is what an event holds in the place of a command's text.
func sealed(field string) *gridcasev1.Sealed {
	return &gridcasev1.Sealed{PersonRef: "somebody", Field: field, Commitment: []byte(field)}
}

// sealedOf returns the sealed form of every text that the contract wants sealed, by field.
func sealedOf(cmd casework.Command) map[string]*gridcasev1.Sealed {
	found := map[string]*gridcasev1.Sealed{}
	cmd.ProtoReflect().Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if proto.GetExtension(fd.Options(), gridcasev1.E_Sealed) != gridcasev1.Person_PERSON_UNSPECIFIED {
			found[string(fd.Name())] = sealed(string(fd.Name()))
		}
		return true
	})
	if c, ok := cmd.(interface {
		GetFields() []*gridcasev1.FieldInput
	}); ok {
		for _, in := range c.GetFields() {
			if in.GetText() != "" {
				found["fields."+in.GetName()] = sealed("fields." + in.GetName())
			}
		}
	}
	return found
}

// sameCase compares cases by what they say.
var sameCase = cmp.Options{cmp.Comparer(func(a, b proto.Message) bool { return proto.Equal(a, b) }), cmpopts.EquateEmpty()}

// same tells what sameCase tells, in a hundredth of the time.
func same(a, b reflect.Value) bool {
	switch x := a.Interface().(type) {
	case proto.Message:
		return proto.Equal(x, b.Interface().(proto.Message))
	case time.Time:
		return x.Equal(b.Interface().(time.Time))
	}
	switch a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			if !same(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case reflect.Slice, reflect.Array:
		for i := range min(a.Len(), b.Len()) {
			if !same(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return a.Len() == b.Len()
	case reflect.Pointer:
		return a.IsNil() == b.IsNil() && (a.IsNil() || same(a.Elem(), b.Elem()))
	}
	return a.Equal(b)
}

// The stages by short names.
const (
	accept         = gridcasev1.Stage_STAGE_ACCEPT
	verify         = gridcasev1.Stage_STAGE_VERIFY
	dispatch       = gridcasev1.Stage_STAGE_DISPATCH
	sign           = gridcasev1.Stage_STAGE_SIGN
	handle         = gridcasev1.Stage_STAGE_HANDLE
	decide         = gridcasev1.Stage_STAGE_DECIDE
	sendInspection = gridcasev1.Stage_STAGE_SEND_INSPECTION
	inspect        = gridcasev1.Stage_STAGE_INSPECT
	closing        = gridcasev1.Stage_STAGE_CLOSE
)

// What waits while a return, an extension or a suspension is requested.
const (
	returning  = gridcasev1.Pending_PENDING_RETURN
	extending  = gridcasev1.Pending_PENDING_EXTENSION
	suspending = gridcasev1.Pending_PENDING_SUSPENSION
)

// The states by short names.
const (
	reported   = gridcasev1.State_STATE_REPORTED
	verifying  = gridcasev1.State_STATE_VERIFYING
	filed      = gridcasev1.State_STATE_FILED
	dispatched = gridcasev1.State_STATE_DISPATCHED
	handling   = gridcasev1.State_STATE_HANDLING
	handled    = gridcasev1.State_STATE_HANDLED
	inspecting = gridcasev1.State_STATE_INSPECTING
	closed     = gridcasev1.State_STATE_CLOSED
	notFiled   = gridcasev1.State_STATE_NOT_FILED
	suspended  = gridcasev1.State_STATE_SUSPENDED
	voided     = gridcasev1.State_STATE_VOIDED
	merged     = gridcasev1.State_STATE_MERGED
)

// show is photos of these kinds.
func show(kinds ...string) []*gridcasev1.Photo {
	photos := make([]*gridcasev1.Photo, len(kinds))
	for i, kind := range kinds {
		photos[i] = &gridcasev1.Photo{Kind: kind, Sha256: "00"}
	}
	return photos
}

// onFootway is the field that a parking report must have.
var onFootway = &gridcasev1.FieldInput{Name: "place_kind", Value: &gridcasev1.FieldInput_Choice{Choice: "footway"}}

func ticket(no string) *gridcasev1.FieldInput {
	return &gridcasev1.FieldInput{Name: "ticket_no", Value: &gridcasev1.FieldInput_Code{Code: no}}
}

// parking is a report of a badly parked vehicle in unit grid 1.
func parking() *gridcasev1.ReportCase {
	return &gridcasev1.ReportCase{CaseType: "parking.motor", Point: spot(1), Fields: []*gridcasev1.FieldInput{onFootway}, Photos: show("far")}
}

// The steps of the backbone, each some minutes after the one before, on a Monday morning.
var (
	reports         = step{by: "worker", at: "02 09:00", cmd: parking()}
	calls           = step{by: "citizen", at: "02 09:00", cmd: parking()}
	sendsToVerify   = step{by: "acceptor", at: "02 09:03", cmd: &gridcasev1.RequestVerification{Worker: "worker"}}
	finds           = step{by: "worker", at: "02 09:13", cmd: &gridcasev1.SubmitVerification{Result: gridcasev1.VerificationResult_VERIFICATION_RESULT_EXISTS, Photos: show("near")}}
	files           = step{by: "acceptor", at: "02 09:05", cmd: &gridcasev1.FileCase{Condition: "C2"}}
	declines        = step{by: "acceptor", at: "02 09:05", cmd: &gridcasev1.DeclineCase{ReasonCode: gridcasev1.DeclineReason_DECLINE_REASON_OUT_OF_SCOPE}}
	dispatches      = step{by: "dispatcher", at: "02 09:10", cmd: &gridcasev1.DispatchCase{Department: "roads"}}
	assigns         = step{by: "manager", at: "02 09:15", cmd: &gridcasev1.AssignHandler{Handler: "handler"}}
	asksForReturn   = step{by: "manager", at: "02 09:18", cmd: &gridcasev1.RequestReturn{Reason: "not ours"}}
	signs           = step{by: "manager", at: "02 09:20", cmd: &gridcasev1.SignTask{}}
	assignsLater    = step{by: "manager", at: "02 09:25", cmd: assigns.cmd}
	asksLater       = step{by: "manager", at: "02 09:30", cmd: asksForReturn.cmd}
	handles         = step{by: "manager", at: "02 10:00", cmd: &gridcasev1.ReportHandling{Outcome: gridcasev1.HandlingOutcome_HANDLING_OUTCOME_RESOLVED, Photos: show("after")}}
	sendsToInspect  = step{by: "acceptor", at: "02 10:10", cmd: &gridcasev1.RequestInspection{Worker: "worker"}}
	passes          = step{by: "worker", at: "02 10:20", cmd: &gridcasev1.SubmitInspection{Result: gridcasev1.InspectionResult_INSPECTION_RESULT_PASS, Photos: show("near")}}
	fails           = step{by: "worker", at: "02 10:20", cmd: &gridcasev1.SubmitInspection{Result: gridcasev1.InspectionResult_INSPECTION_RESULT_FAIL, Photos: show("near")}}
	closes          = step{by: "acceptor", at: "02 10:30", cmd: &gridcasev1.CloseCase{Checklist: []string{"cleared", "advised"}}}
	toReported      = []step{reports}
	toCalled        = []step{calls}
	toVerifying     = then(toReported, sendsToVerify)
	toCallVerifying = then(toCalled, sendsToVerify)
	toVerified      = then(toCallVerifying, finds)
	toNotFiled      = then(toReported, declines)
	toFiled         = then(toReported, files)
	toDispatched    = then(toFiled, dispatches)
	toAssigned      = then(toDispatched, assigns)
	toReturning     = then(toDispatched, asksForReturn)
	toHandling      = then(toDispatched, signs)
	toWithHandler   = then(toHandling, assignsLater)
	toAskedReturn   = then(toHandling, asksLater)
	toHandled       = then(toHandling, handles)
	toInspecting    = then(toHandled, sendsToInspect)
	toPassed        = then(toInspecting, passes)
	toFailed        = then(toInspecting, fails)
	toClosed        = then(toPassed, closes)
)
