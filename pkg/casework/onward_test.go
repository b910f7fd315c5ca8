package casework_test

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/fault"
)

// onward are the commands of a case's usual way and of the ways that are easily missed.
var onward = []string{"FileCase", "DispatchCase", "SignTask", "RequestExtension", "DecideExtension", "RequestSuspension", "DecideSuspension", "DecideReturn", "ReportHandling", "RequestInspection",
	"SubmitInspection", "OrderRework", "PassAudit", "CloseCase", "AppealOverdue", "ForwardAppeal", "DecideAppeal", "ReplyUrge", "DecideVoid", "DecideForceClose"}

// goOn sends a command that the case takes, more often one of the few that are for where it stands or that take it onward. It must be taken.
func (w *walk) goOn(t *rapid.T, c *walked) {
	f := w.moment()
	var able, particular, next []string
	for _, name := range sentNames {
		if !takes(name, &c.Case, f) || name == "SplitCase" && len(w.cases) > 5 || name == "CorrectDeadline" { // that one goes by the calendar
			continue
		}
		able = append(able, name)
		if slices.Contains(onward, name) {
			next = append(next, name)
		} else if moveRules[name].places <= 3 || name == "ReclassifyCase" || name == "MergeCase" {
			particular = append(particular, name)
		}
	}
	switch kind := rapid.IntRange(0, 7).Draw(t, "kind"); {
	case kind > 2 && len(next) > 0:
		able = next
	case kind > 0 && len(particular) > 0:
		able = particular
	}
	w.fit(t, c, able[w.turn(t, "fitting", len(able))])
}

// persist sends a command that the case would take where it stands, were it not for its circumstances.
func (w *walk) persist(t *rapid.T, c *walked) {
	f := w.moment()
	var barred []string
	for _, name := range sentNames {
		if moveRules[name].at[standing(&c.Case)] && !takes(name, &c.Case, f) {
			barred = append(barred, name)
		}
	}
	if len(barred) > 0 {
		w.fit(t, c, barred[w.turn(t, "barred", len(barred))])
	}
}

// fit sends a command that fits, with one of its outcomes.
func (w *walk) fit(t *rapid.T, c *walked, command string) {
	next := fits(command, &c.Case, w.moment())
	next.cmd = w.vary(t, c, proto.CloneOf[proto.Message](next.cmd).(casework.Command))
	able := takes(command, &c.Case, w.moment())
	if err := w.attempt(t, c, next); able && fault.KindOf(err) == fault.Conflict {
		t.Fatalf("%s: %T by %s refused: %v", standing(&c.Case), next.cmd, next.by, err)
	}
}

// vary gives a fitting command another outcome that fits.
func (w *walk) vary(t *rapid.T, c *walked, cmd casework.Command) casework.Command {
	approves := rapid.Bool().Draw(t, "approves")
	switch cmd := cmd.(type) {
	case *gridcasev1.SubmitVerification:
		cmd.Result = gridcasev1.VerificationResult(rapid.Int32Range(1, 3).Draw(t, "result"))
	case *gridcasev1.SubmitInspection:
		cmd.Result = gridcasev1.InspectionResult(rapid.Int32Range(1, 3).Draw(t, "result"))
	case *gridcasev1.FileCase:
		if c.Type == "parking.motor" {
			cmd.Condition = rapid.SampledFrom([]string{"C1", "C2", "C3", "C5"}).Draw(t, "condition")
		}
	case *gridcasev1.ReclassifyCase:
		if c.Condition != "" && rapid.Bool().Draw(t, "parking") {
			cmd.CaseType, cmd.Condition = "parking.motor", rapid.SampledFrom([]string{"C1", "C2", "C3", "C5"}).Draw(t, "condition")
		}
	case *gridcasev1.DispatchCase:
		cmd.Department = rapid.SampledFrom([]string{"roads", "water"}).Draw(t, "department")
	case *gridcasev1.MergeCase:
		cmd.PrimaryId = w.primaryFor(t, c)
	case *gridcasev1.SplitCase:
		cmd.Children[0].CaseId = fmt.Sprintf("case-%d", len(w.cases)+1)
	case *gridcasev1.DecideReturn, *gridcasev1.DecideVoid, *gridcasev1.DecideForceClose, *gridcasev1.DecideAppeal:
		decideAs(cmd, approves)
	case *gridcasev1.DecideExtension:
		decideAs(cmd, approves && !c.Clocks.Of(handle).Due.IsZero())
	case *gridcasev1.DecideSuspension:
		decideAs(cmd, approves && c.SuspendedUntil.After(w.now))
	}
	return cmd
}

// primaryFor is a case that another may be merged into, where there is one.
func (w *walk) primaryFor(t *rapid.T, c *walked) string {
	same := slices.DeleteFunc(slices.Clone(w.cases), func(p *walked) bool {
		return p == c || !p.Open() || w.catalogue.Group(p.Type) != w.catalogue.Group(c.Type) || p.id == c.Parent || c.id == p.Parent
	})
	if len(same) == 0 {
		return c.id
	}
	return same[pick(t, "primary", len(same))].id
}

func decideAs(cmd casework.Command, approves bool) {
	d := refuse
	if approves {
		d = approve
	}
	m := cmd.ProtoReflect()
	m.Set(m.Descriptor().Fields().ByName("decision"), protoreflect.ValueOfEnum(d.Number()))
}
