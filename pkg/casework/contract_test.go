package casework_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/fault"
)

// commandsOfTheContract are the names of all messages of the contract that are aimed at a case, sorted.
func commandsOfTheContract() []protoreflect.Name {
	var names []protoreflect.Name
	protoregistry.GlobalFiles.RangeFilesByPackage("gridcase.v1", func(file protoreflect.FileDescriptor) bool {
		for i := range file.Messages().Len() {
			if _, ok := newCommand(file.Messages().Get(i).Name()); ok {
				names = append(names, file.Messages().Get(i).Name())
			}
		}
		return true
	})
	slices.Sort(names)
	return names
}

// commandNames are the names of the commands of the contract.
var commandNames = stringsOf(commandsOfTheContract())

func stringsOf(names []protoreflect.Name) []string {
	var all []string
	for _, name := range names {
		all = append(all, string(name))
	}
	return all
}

// newCommand is an empty command of that name, if the name is a command's.
func newCommand(name protoreflect.Name) (casework.Command, bool) {
	t, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName("gridcase.v1." + string(name)))
	if err != nil {
		return nil, false
	}
	cmd, ok := t.New().Interface().(casework.Command)
	return cmd, ok
}

// commandsOfTheRules are the commands that the rules decide on, sorted.
func commandsOfTheRules(t *testing.T) []string {
	c := play(t, toReported...).Case
	var known []string
	for _, name := range commandNames {
		cmd, _ := newCommand(protoreflect.Name(name))
		if _, err := casework.Decide(c, cmd, step{by: "acceptor", at: "02 09:05", cmd: cmd}.facts()); err == nil || fault.KindOf(err) != fault.Internal {
			known = append(known, name)
		}
	}
	return known
}

// documented are the rows of the table of README.md under a heading: each row's cells, without marks of code.
func documented(t *testing.T, heading string) [][]string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## "+heading+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var rows [][]string
	for line := range strings.Lines(section) {
		if !strings.HasPrefix(line, "|") {
			continue
		}
		var cells []string
		for cell := range strings.SplitSeq(strings.Trim(line, "| \n"), "|") {
			cells = append(cells, strings.ReplaceAll(strings.TrimSpace(cell), "`", ""))
		}
		rows = append(rows, cells)
	}
	if len(rows) < 3 {
		t.Fatalf("README.md has no table under %q", heading)
	}
	return rows[2:]
}

// column is one column of a table.
func column(rows [][]string, n int) []string {
	var cells []string
	for _, row := range rows {
		cells = append(cells, row[n])
	}
	return cells
}

func TestTheCommandsOfTheContractAreThoseOfTheRulesAndOfTheDocumentation(t *testing.T) {
	t.Parallel()
	rows := documented(t, "Commands")
	told := slices.Sorted(slices.Values(column(rows, 0)))
	if rules := commandsOfTheRules(t); !slices.Equal(commandNames, rules) {
		t.Errorf("the contract has the commands %v, the rules decide %v", commandNames, rules)
	}
	if !slices.Equal(commandNames, told) {
		t.Errorf("the contract has the commands %v, README.md tells of %v", commandNames, told)
	}
}

func TestTheDocumentationTellsFromWhereACommandMovesACase(t *testing.T) {
	t.Parallel()
	for _, row := range documented(t, "Commands") {
		for _, at := range places {
			if got := namesPlace(row[2], at); got != moveRules[row[0]].at[at] {
				t.Errorf("%s from %s: README.md says %t (%q), the table of moves %t", row[0], at, got, row[2], !got)
			}
		}
	}
}

// namesPlace tells whether the third column of the table of commands names a place.
func namesPlace(cell, at string) bool {
	ends := slices.Contains([]string{"CLOSED", "NOT_FILED", "VOIDED", "MERGED"}, at)
	switch cell {
	case "any":
		return true
	case "open":
		return !ends
	case "open, not SUSPENDED":
		return !ends && at != "SUSPENDED"
	}
	return slices.Contains(strings.Split(cell, ", "), strings.ReplaceAll(at, " by its reporter", " (self-fix)"))
}

func TestTheDocumentationTellsWhichCommandYieldsEachEvent(t *testing.T) {
	t.Parallel()
	yields := strings.Join(column(documented(t, "Commands"), 4), " ")
	words := regexp.MustCompile(`\b[A-Z][a-z]+[A-Z][A-Za-z]+\b`).FindAllString(yields, -1)
	events := gridcasev1.EventTypes()
	for i := range events {
		events[i] = events[i][strings.LastIndexByte(events[i], '.')+1:]
	}
	for _, event := range events {
		if !slices.Contains(words, event) {
			t.Errorf("README.md has no command that yields %s", event)
		}
	}
	for _, word := range words {
		if !slices.Contains(events, word) {
			t.Errorf("README.md has the event %s, which the contract doesn't have", word)
		}
	}
}

func TestTheStatesOfTheContractAreThoseOfTheDocumentationWithTheirClocks(t *testing.T) {
	t.Parallel()
	told := map[string]string{}
	for _, row := range documented(t, "States") {
		told[row[0]] = row[2]
	}
	for n, name := range gridcasev1.State_name {
		if n == 0 {
			continue
		}
		var clocks []string
		for _, stage := range mayRun[gridcasev1.State(n)] {
			clocks = append(clocks, strings.ToLower(strings.TrimPrefix(stage.String(), "STAGE_")))
		}
		if len(clocks) == 0 {
			clocks = []string{"none"}
		}
		short := strings.TrimPrefix(name, "STATE_")
		if want := strings.Join(clocks, ", "); told[short] != want {
			t.Errorf("%s: README.md has the clocks %q, want %q", short, told[short], want)
		}
		delete(told, short)
	}
	for name := range told {
		t.Errorf("README.md has the state %s, which the contract doesn't have", name)
	}
}

func TestACommandIsAMessageThatTheWriteSideCanAim(t *testing.T) {
	t.Parallel()
	for _, name := range commandNames {
		cmd, _ := newCommand(protoreflect.Name(name))
		target := &gridcasev1.Target{CaseId: "a case"}
		aim(cmd, target)
		if !proto.Equal(cmd.GetTarget(), target) {
			t.Errorf("%s can't be aimed", name)
		}
	}
}

// aim says which case a command is for.
func aim(cmd casework.Command, target *gridcasev1.Target) {
	m := cmd.ProtoReflect()
	m.Set(m.Descriptor().Fields().ByName("target"), protoreflect.ValueOfMessage(target.ProtoReflect()))
}
