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

// refusedAs is how a command is refused that the table gives no x, where that is no conflict.
func refusedAs(command string, c *casework.Case) fault.Kind {
	switch {
	case command == "OpenChild", command == "LinkDuplicate", command == "RedactAttachment", // the fault names the field of who caused it
		command == "SplitCase" && len(c.Children) == 10:
		return fault.Invalid
	case command == "ReplyUrge" && c.Open() && c.Department == "", command == "AppealOverdue" && c.State == closed && c.Department == "":
		return fault.Denied
	}
	return fault.Conflict
}

func TestACommandIsTakenWhereTheTableOfMovesSaysSoAndNowhereElse(t *testing.T) {
	t.Parallel()
	for _, command := range commandNames {
		if _, there := moveRules[command]; !there {
			t.Errorf("%s has no row in the table of moves, or one of another length", command)
			continue
		}
		for _, s := range situations {
			t.Run(command+" in "+s.name, func(t *testing.T) {
				before := play(t, s.steps...)
				next := fits(command, &before.Case, s.facts())
				f := next.facts()
				sent := proto.CloneOf[proto.Message](next.cmd)
				_, messages, err := before.take(next)
				switch taken := takes(command, &before.Case, &f); {
				case taken && err != nil:
					t.Errorf("refused: %v", err)
				case taken:
				case err == nil || messages != nil:
					t.Errorf("taken, as %v", messages)
				case fault.KindOf(err) != refusedAs(command, &before.Case):
					t.Errorf("refused as %s: %v", fault.KindOf(err), err)
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

func TestEachNeedOfTheTableOfMovesDecidesSomewhere(t *testing.T) {
	t.Parallel()
	for command, r := range moveRules {
		for _, n := range r.needs {
			decides := slices.ContainsFunc(situations, func(s situation) bool {
				c := play(t, s.steps...).Case
				f := fits(command, &c, s.facts()).facts()
				rest := slices.DeleteFunc(slices.Clone(r.needs), func(other need) bool { return other == n })
				return r.at[standing(&c)] && !n.met(&c, &f) && !slices.ContainsFunc(rest, func(other need) bool { return !other.met(&c, &f) })
			})
			if !decides {
				t.Errorf("%s: there is no situation in which %s alone decides (not: %t)", command, n.name, n.not)
			}
		}
	}
}

func TestEveryPlaceIsAColumnOfTheTableOfMoves(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range situations {
		c := play(t, s.steps...).Case
		seen[standing(&c)] = true
	}
	for _, name := range places {
		if !seen[name] {
			t.Errorf("no situation is %s", name)
		}
	}
	for n, name := range gridcasev1.State_name {
		if n != 0 && !slices.Contains(places, strings.TrimPrefix(name, "STATE_")) {
			t.Errorf("%s is no column", name)
		}
	}
}

func TestACommandForACaseThatIsNotThereIsNotFoundUnlessItOpensOne(t *testing.T) {
	t.Parallel()
	opens := []string{"ReportCase", "ReportAndFix", "OpenChild"}
	for _, command := range commandNames {
		_, messages, err := story{}.take(fits(command, &casework.Case{}, usually("02 09:00")))
		if slices.Contains(opens, command) {
			if err != nil || len(messages) == 0 || !is[*gridcasev1.CaseReported](casework.Recorded{Message: messages[0]}) {
				t.Errorf("%s without a case before it: %v, %v", command, messages, err)
			}
			continue
		}
		if messages != nil || fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s: %v, %v; want not found", command, messages, err)
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
