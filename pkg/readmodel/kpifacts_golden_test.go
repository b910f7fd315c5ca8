package readmodel_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/kpi"
	"github.com/gridcase/gridcase/pkg/readmodel/kpifacts"
)

// update adds what the view keeps of events that are new. It never changes what is there: rows of that version hold it.
var update = flag.Bool("update", false, "write the facts of events of which none are there")

// TestTheFactsOfAVersionStayWhatTheyAre cuts the contract's fixtures, in which every field of every event stands.
func TestTheFactsOfAVersionStayWhatTheyAre(t *testing.T) {
	t.Parallel()
	version := kpifacts.View{}.Version()
	golden := filepath.Join("testdata", fmt.Sprintf("kpifacts_v%d.txt", version))
	known := factsIn(t, golden)
	fixtures, err := filepath.Glob("../../proto/gridcase/v1/testdata/*.json")
	if err != nil || len(fixtures) == 0 {
		t.Fatalf("%d fixtures (%v)", len(fixtures), err)
	}
	for _, file := range fixtures {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		facts := factsOf(t, file)
		switch was, is := known[name]; {
		case facts == "": // a project's event
		case !is && *update:
			known[name] = facts
		case !is:
			t.Errorf("%s is new: go test ./pkg/readmodel -run FactsOfAVersion -update", name)
		case was != facts:
			t.Errorf("version %d of kpifacts holds of %s\n%s\nnot\n%s\nso what is kept now is the view's next version", version, name, was, facts)
		}
	}
	if *update {
		var lines strings.Builder
		for _, name := range slices.Sorted(maps.Keys(known)) {
			fmt.Fprintln(&lines, name, known[name])
		}
		if err := os.WriteFile(golden, []byte(lines.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// factsIn reads the golden file, by fixture.
func factsIn(t *testing.T, file string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil && !*update {
		t.Fatal(err)
	}
	known := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, facts, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		known[name] = facts
	}
	return known
}

// factsOf is what figures take of a fixture's event: the actor, and what it says. It is empty for an event that is no case's.
func factsOf(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var stored struct {
		Headers map[string][]string
		Payload []byte
	}
	if err := json.Unmarshal(text, &stored); err != nil {
		t.Fatal(err)
	}
	of, err := gridcasev1.ParseEnvelope(stored.Headers)
	if err != nil {
		t.Fatal(err)
	}
	m := gridcasev1.NewEvent(of.Type)
	if err := proto.Unmarshal(stored.Payload, m); err != nil {
		t.Fatal(err)
	}
	if gridcasev1.WrapEvent(m) == nil {
		return ""
	}
	cut := kpi.Cut(kpi.Event{Case: "case", At: of.Time, Actor: of.Actor, Grid: of.Grid, Message: m})
	said, err := protojson.Marshal(cut.Message)
	if err != nil {
		t.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, said); err != nil { // protojson varies its spaces
		t.Fatal(err)
	}
	return fmt.Sprintf("%q %s", cut.Actor, &compact)
}
