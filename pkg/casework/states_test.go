package casework_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/fault"
)

// situation is where a case stands, as far as it decides which commands it takes: the state, whether a handler is assigned, whether a return
// is pending.
type situation struct {
	name  string
	steps []step
}

// situations are all there are, in the order of the columns of the table below.
var situations = []situation{
	{"REPORTED", toReported}, {"VERIFYING", toVerifying}, {"FILED", toFiled},
	{"DISPATCHED", toDispatched}, {"DISPATCHED with a handler", toAssigned}, {"DISPATCHED returning", toReturning},
	{"HANDLING", toHandling}, {"HANDLING with a handler", toWithHandler}, {"HANDLING returning", toAskedReturn},
	{"HANDLED", toPassed}, {"INSPECTING", toInspecting}, {"CLOSED", toClosed}, {"NOT_FILED", toNotFiled},
}

// situationOf names where the case stands.
func situationOf(c casework.Case) string {
	name := strings.TrimPrefix(c.State.String(), "STATE_")
	switch {
	case c.State != dispatched && c.State != handling:
		return name
	case c.Pending == returning:
		return name + " returning"
	case c.Handler != "":
		return name + " with a handler"
	}
	return name
}

// moveTable says which command a case takes where: one column a situation, x for taken, from the left: reported, verifying, filed,
// dispatched (plain, with a handler, returning), handling (the same three), handled, inspecting, closed, not filed.
var moveTable = map[string]string{
	//                     Re Ve Fi  Di Dh Dr  Ha Hh Hr  Hd In Cl No
	"ReportCase":          ".  .  .   .  .  .   .  .  .   .  .  .  .",
	"AmendReport":         "x  x  .   .  .  .   .  .  .   .  .  .  .",
	"RequestVerification": "x  x  .   .  .  .   .  .  .   .  .  .  .",
	"SubmitVerification":  ".  x  .   .  .  .   .  .  .   .  .  .  .",
	"FileCase":            "x  .  .   .  .  .   .  .  .   .  .  .  .",
	"DeclineCase":         "x  .  .   .  .  .   .  .  .   .  .  .  .",
	"DispatchCase":        ".  .  x   .  .  .   .  .  .   .  .  .  .",
	"SendBack":            ".  .  x   .  .  .   .  .  .   .  .  .  .",
	"RecallDispatch":      ".  .  .   x  x  x   x  x  x   .  .  .  .",
	"SignTask":            ".  .  .   x  x  .   .  .  .   .  .  .  .",
	"AssignHandler":       ".  .  .   x  x  .   x  x  .   .  .  .  .",
	"RevokeHandler":       ".  .  .   .  x  .   .  x  .   .  .  .  .",
	"RequestReturn":       ".  .  .   x  .  .   x  .  .   .  .  .  .",
	"DecideReturn":        ".  .  .   .  .  x   .  .  x   .  .  .  .",
	"WithdrawReturn":      ".  .  .   .  .  x   .  .  x   .  .  .  .",
	"ReportHandling":      ".  .  .   .  .  .   x  x  .   .  .  .  .",
	"RequestInspection":   ".  .  .   .  .  .   .  .  .   x  x  .  .",
	"SubmitInspection":    ".  .  .   .  .  .   .  .  .   .  x  .  .",
	"OrderRework":         ".  .  .   .  .  .   .  .  .   x  .  .  .",
	"CloseCase":           ".  .  .   .  .  .   .  .  .   x  .  .  .",
	"ReopenCase":          ".  .  .   .  .  .   .  .  .   .  .  x  x",
	"RelocateCase":        "x  x  x   x  x  x   x  x  x   x  x  .  .",
	"ReclassifyCase":      "x  x  x   x  x  x   x  x  x   x  x  .  .",
	"AddNote":             "x  x  x   x  x  x   x  x  x   x  x  x  x",
}

// takes tells whether a case in the situation takes the command.
func takes(command, situationName string) bool {
	column := slices.IndexFunc(situations, func(s situation) bool { return s.name == situationName })
	cells := strings.Fields(moveTable[command])
	return column >= 0 && column < len(cells) && cells[column] == "x"
}

// fitting is a command that only its situation can stand against, by somebody who may send it.
func fitting(command string, c casework.Case) step {
	turn := &gridcasev1.ReclassifyCase{CaseType: "drain.pipe", Reason: "a text"}
	if c.Condition != "" {
		turn.Condition = "B2"
	}
	sent := map[string]step{
		"ReportCase": reports, "AmendReport": {by: "acceptor", cmd: &gridcasev1.AmendReport{Description: "a text"}}, "RequestVerification": sendsToVerify, "SubmitVerification": finds,
		"FileCase": files, "DeclineCase": declines, "DispatchCase": dispatches, "SendBack": {by: "dispatcher", cmd: &gridcasev1.SendBack{Reason: "a text"}}, "RecallDispatch": recalls(""),
		"SignTask": signs, "AssignHandler": assignsTo("manager", "second-handler"), "RevokeHandler": revokes("manager"), "RequestReturn": asksForReturn,
		"DecideReturn": answers("", refuse, ""), "WithdrawReturn": withdraws("manager", ""), "ReportHandling": handles, "RequestInspection": sendsToInspect, "SubmitInspection": passes,
		"OrderRework": reworks("a text"), "CloseCase": closes, "ReopenCase": reopensAt(""), "RelocateCase": moves("", spot(2), "a text"), "ReclassifyCase": {by: "dispatcher", cmd: turn}, "AddNote": notes(""),
	}
	switch c.State { // another worker than the one who is named
	case verifying:
		sent["RequestVerification"] = step{by: "acceptor", cmd: &gridcasev1.RequestVerification{Worker: "second-worker"}}
	case inspecting:
		sent["RequestInspection"] = step{by: "acceptor", cmd: &gridcasev1.RequestInspection{Worker: "second-worker"}}
	}
	s := sent[command]
	s.at = "02 10:45"
	return s
}

func TestACommandIsTakenWhereTheTableOfMovesSaysSoAndNowhereElse(t *testing.T) {
	t.Parallel()
	for _, name := range commandsOfTheContract() {
		command := string(name)
		if len(strings.Fields(moveTable[command])) != len(situations) {
			t.Errorf("%s has no row in the table of moves, or one of another length", command)
			continue
		}
		for _, s := range situations {
			t.Run(command+" in "+s.name, func(t *testing.T) {
				before := play(t, s.steps...)
				if at := situationOf(before.Case); at != s.name {
					t.Fatalf("the story ends in %s", at)
				}
				next := fitting(command, before.Case)
				sent := proto.CloneOf[proto.Message](next.cmd)
				_, messages, err := before.take(next)
				switch {
				case takes(command, s.name) && err != nil:
					t.Errorf("refused: %v", err)
				case takes(command, s.name):
				case err == nil || messages != nil:
					t.Errorf("taken, as %v", messages)
				case fault.KindOf(err) != fault.Conflict:
					t.Errorf("refused as %s: %v; want a conflict", fault.KindOf(err), err)
				}
				if diff := cmp.Diff(play(t, s.steps...).Case, before.Case, sameCase); diff != "" {
					t.Errorf("the decision changed the case that it was about (-before +after):\n%s", diff)
				}
				if !proto.Equal(sent, next.cmd) {
					t.Errorf("the decision changed the command: %v, was %v", next.cmd, sent)
				}
			})
		}
	}
}

func TestACommandForACaseThatIsNotThereIsNotFoundUnlessItReports(t *testing.T) {
	t.Parallel()
	for _, name := range commandsOfTheContract() {
		_, messages, err := story{}.take(fitting(string(name), casework.Case{}))
		if name == "ReportCase" {
			if err != nil || len(messages) != 1 {
				t.Errorf("a report without a case before it: %v, %v", messages, err)
			}
			continue
		}
		if messages != nil || fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s: %v, %v; want not found", name, messages, err)
		}
	}
}

func TestWhatIsNoCommandOfACaseIsABugNotAnEvent(t *testing.T) {
	t.Parallel()
	c := play(t, toReported...)
	messages, err := casework.Decide(c.Case, foreign{&gridcasev1.AddNote{}}, step{by: "acceptor", at: "02 09:05", cmd: &gridcasev1.AddNote{}}.facts())
	if messages != nil || fault.KindOf(err) != fault.Internal {
		t.Errorf("%v, %v; want an internal fault", messages, err)
	}
}

// foreign is a command that the rules don't know.
type foreign struct{ *gridcasev1.AddNote }
