package casework_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/fault"
)

// draw picks a command of the contract with what a user may put into it, sensible or not.
func draw(t *rapid.T) casework.Command {
	one := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
	text := one("text", "", "a text", "a text")
	condition := one("condition", "C1", "C2", "C2", "C3", "C5", "C9", "B2", "")
	caseType := one("type", "parking.motor", "parking.motor", "drain.pipe", "old.stall")
	worker := one("worker", "worker", "second-worker", "distant-worker", "handler")
	photos := show(slices.Repeat([]string{one("photo", "far", "near", "after", "after")}, rapid.IntRange(0, 3).Draw(t, "photos"))...)
	point := rapid.SampledFrom([]*gridcasev1.GeoPoint{spot(1), spot(1), spot(2), spot(4), abroad}).Draw(t, "point")
	var fields []*gridcasev1.FieldInput
	if rapid.Bool().Draw(t, "ticket") {
		fields = append(fields, ticket("T-1"))
	}
	switch one("command", commandNames()...) {
	case "ReportCase":
		return &gridcasev1.ReportCase{CaseType: caseType, Point: point, Fields: append(fields, onFootway), Photos: photos, Description: text}
	case "AmendReport":
		return &gridcasev1.AmendReport{Fields: fields, Photos: photos, Description: text}
	case "RequestVerification":
		return &gridcasev1.RequestVerification{Worker: worker}
	case "SubmitVerification":
		return &gridcasev1.SubmitVerification{Result: gridcasev1.VerificationResult(rapid.Int32Range(1, 3).Draw(t, "result")), Photos: photos}
	case "FileCase":
		return &gridcasev1.FileCase{Condition: condition, Waiver: gridcasev1.VerificationWaiver(rapid.Int32Range(0, 3).Draw(t, "waiver")), Reason: text}
	case "DeclineCase":
		return &gridcasev1.DeclineCase{ReasonCode: gridcasev1.DeclineReason(rapid.Int32Range(1, 6).Draw(t, "reason"))}
	case "DispatchCase":
		return &gridcasev1.DispatchCase{Department: one("department", "roads", "water", "harbour"), Assisting: rapid.SliceOfN(rapid.SampledFrom([]string{"roads", "water"}), 0, 1).Draw(t, "assisting")}
	case "RecallDispatch":
		return &gridcasev1.RecallDispatch{Reason: text}
	case "SendBack":
		return &gridcasev1.SendBack{Reason: text}
	case "SignTask":
		return &gridcasev1.SignTask{}
	case "AssignHandler":
		return &gridcasev1.AssignHandler{Handler: one("handler", "handler", "second-handler", "water-handler")}
	case "RevokeHandler":
		return &gridcasev1.RevokeHandler{}
	case "RequestReturn":
		return &gridcasev1.RequestReturn{Reason: text}
	case "DecideReturn":
		return &gridcasev1.DecideReturn{Decision: gridcasev1.Decision(rapid.Int32Range(1, 2).Draw(t, "decision"))}
	case "WithdrawReturn":
		return &gridcasev1.WithdrawReturn{}
	case "ReportHandling":
		return &gridcasev1.ReportHandling{Outcome: gridcasev1.HandlingOutcome(rapid.Int32Range(1, 2).Draw(t, "outcome")), Fields: fields, Photos: photos}
	case "RequestInspection":
		return &gridcasev1.RequestInspection{Worker: worker}
	case "SubmitInspection":
		return &gridcasev1.SubmitInspection{Result: gridcasev1.InspectionResult(rapid.Int32Range(1, 3).Draw(t, "result")), Photos: photos}
	case "OrderRework":
		return &gridcasev1.OrderRework{Reason: text}
	case "CloseCase":
		return &gridcasev1.CloseCase{Checklist: checklist[:rapid.IntRange(0, 2).Draw(t, "points")], Waiver: gridcasev1.InspectionWaiver(rapid.Int32Range(0, 2).Draw(t, "waiver")), Photos: photos}
	case "ReopenCase":
		return &gridcasev1.ReopenCase{Reason: text}
	case "RelocateCase":
		return &gridcasev1.RelocateCase{Point: point, Reason: text}
	case "ReclassifyCase":
		return &gridcasev1.ReclassifyCase{CaseType: caseType, Condition: condition, Reason: text}
	}
	return &gridcasev1.AddNote{Text: text}
}

func commandNames() []string {
	var names []string
	for _, name := range commandsOfTheContract() {
		names = append(names, string(name))
	}
	return names
}

// walk is a case on a random way through the rules.
type walk struct {
	story
	now time.Time
}

// advance sends one more command at a later time: often one that the case takes where it stands, else any, from anybody.
func (w *walk) advance(t *rapid.T) {
	next := step{by: rapid.SampledFrom(staff).Draw(t, "by").GetId(), at: "02 09:00", cmd: draw(t)}
	if rapid.IntRange(0, 2).Draw(t, "fits") > 0 {
		next = w.fits(t)
	}
	w.now = w.now.Add(time.Duration(rapid.IntRange(0, 7200).Draw(t, "seconds")) * time.Second)
	next.with = func(f *casework.Facts) { f.Now = w.now }
	before := w.story
	after, messages, err := before.take(next)
	if other := (step{by: "importer", at: "02 09:00", cmd: w.fits(t).cmd, with: next.with}); err == nil {
		_, _, _ = before.take(other) // what might have happened instead, taken or not, changes nothing: see told
	}
	command := string(next.cmd.ProtoReflect().Descriptor().Name())
	if err != nil {
		if messages != nil || fault.KindOf(err) == fault.Internal {
			t.Fatalf("%s by %s refused with %v: %v", command, next.by, messages, err)
		}
		return
	}
	if before.Version > 0 && !takes(command, situationOf(before.Case)) {
		t.Fatalf("%s taken in %s", command, situationOf(before.Case))
	}
	if before.State == closed && after.State != closed && command != "ReopenCase" {
		t.Fatalf("%s took a closed case to %s", command, after.State)
	}
	if after.Version != before.Version+uint64(len(messages)) || len(messages) == 0 {
		t.Fatalf("version %d after %d with %d events", after.Version, before.Version, len(messages))
	}
	w.story = after
}

// fits is a command that the situation takes, if what it holds and who sends it are right.
func (w *walk) fits(t *rapid.T) step {
	if w.Version == 0 {
		return rapid.SampledFrom([]step{reports, calls}).Draw(t, "report")
	}
	var able []string
	for _, name := range commandNames() {
		if takes(name, situationOf(w.Case)) {
			able = append(able, name)
		}
	}
	next := fitting(rapid.SampledFrom(able).Draw(t, "fitting"), w.Case)
	if c, ok := next.cmd.(*gridcasev1.DecideReturn); ok && rapid.Bool().Draw(t, "approved") {
		next.cmd = &gridcasev1.DecideReturn{Decision: approve, Reason: c.GetReason()}
	}
	return next
}

// check holds of a case at any time.
func (w *walk) check(t *rapid.T) {
	c := w.Case
	for i, r := range w.events {
		if r.Envelope.Version != uint64(i+1) {
			t.Fatalf("event %d has version %d", i+1, r.Envelope.Version)
		}
	}
	if c.Version != uint64(len(w.events)) || len(c.Commands) != len(w.events) {
		t.Fatalf("version %d and %d commands after %d events", c.Version, len(c.Commands), len(w.events))
	}
	led := slices.Contains([]gridcasev1.State{dispatched, handling, handled, inspecting, closed}, c.State)
	if led != (c.Department != "") {
		t.Fatalf("%s with lead department %q", c.State, c.Department)
	}
	if (c.Handler != "" || c.Pending == returning) && !led {
		t.Fatalf("%s with handler %q, return pending %t", c.State, c.Handler, c.Pending == returning)
	}
	if awaited := c.State == verifying || c.State == inspecting; awaited != (c.Worker != "") {
		t.Fatalf("%s with worker %q", c.State, c.Worker)
	}
	if unfiled := c.State == 0 || c.State == reported || c.State == verifying || c.State == notFiled; unfiled != (c.Condition == "") {
		t.Fatalf("%s under condition %q", c.State, c.Condition)
	}
	for _, stage := range running(c) {
		if !slices.Contains(mayRun[c.State], stage) {
			t.Fatalf("%s with the clock of %s until %s", c.State, stage, c.Clocks[stage].Due)
		}
	}
	if paused := !c.Clocks[decide].Due.IsZero(); paused != (c.Pending == returning) || paused && (ticks(c, sign) || ticks(c, handle)) {
		t.Fatalf("return pending %t, clocks %+v", c.Pending == returning, c.Clocks)
	}
}

// told compares the case with what its stored events say.
func (w *walk) told(t *rapid.T) {
	if diff := cmp.Diff(w.Case, refold(t, w.events), sameCase); diff != "" {
		t.Fatalf("the case (-decided on +folded):\n%s", diff)
	}
}

// mayRun are the clocks that run, or are paused, in each state: the column "clocks" of the trade's table of states.
var mayRun = map[gridcasev1.State][]gridcasev1.Stage{
	reported: {accept}, verifying: {accept, verify}, filed: {dispatch}, dispatched: {sign, handle, decide}, handling: {handle, decide},
	handled: {sendInspection, closing}, inspecting: {inspect},
}

func TestARandomWayThroughTheRulesHoldsTheLawsOfACase(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := &walk{now: on("02 09:00")}
		for range rapid.IntRange(1, 60).Draw(t, "commands") {
			w.advance(t)
			w.check(t)
		}
		w.told(t)
	})
}

func TestTheSameEventsGiveTheSameDecision(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := &walk{now: on("02 09:00")}
		for range rapid.IntRange(1, 30).Draw(t, "commands") {
			w.advance(t)
		}
		next := step{by: rapid.SampledFrom(staff).Draw(t, "by").GetId(), at: "04 09:00", cmd: draw(t)}
		_, one, err := w.take(next)
		_, other, otherErr := story{Case: refold(t, w.events)}.take(next)
		if len(one) != len(other) || (err == nil) != (otherErr == nil) || len(one) == 1 && !proto.Equal(one[0], other[0]) {
			t.Fatalf("decided %v, %v; on the folded case %v, %v", one, err, other, otherErr)
		}
	})
}
