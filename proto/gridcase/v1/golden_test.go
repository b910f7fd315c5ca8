package gridcasev1_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/testing/protocmp"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// update adds a fixture for each event of which a field stands in none: a new event's first, or another version's. It never changes one
// that is there, because what it holds lies in somebody's log.
var update = flag.Bool("update", false, "write the fixtures that are missing")

// golden is a stored event: what the log holds of it, and what it says.
type golden struct {
	Headers map[string][]string `json:"headers"`
	Payload []byte              `json:"payload"`
	Hash    string              `json:"hash"`
	Event   json.RawMessage     `json:"event"`
}

// eventTypes are those of cases and of projects.
func eventTypes() []string {
	return slices.Concat(gridcasev1.EventTypes(), gridcasev1.WorksEventTypes())
}

// fixtures returns the names of an event's fixtures.
func fixtures(t *testing.T, eventType string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", eventType+".v*.json"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func read(t *testing.T, name string) golden {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return g
}

// decode reads the stored event as this build does.
func (g golden) decode(t *testing.T) (gridcasev1.Envelope, proto.Message) {
	t.Helper()
	env, err := gridcasev1.ParseEnvelope(g.Headers)
	if err != nil {
		t.Fatal(err)
	}
	e := gridcasev1.NewEvent(env.Type)
	if e == nil {
		t.Fatalf("the contract has no event %s any more", env.Type)
	}
	if err := proto.Unmarshal(g.Payload, e); err != nil {
		t.Fatal(err)
	}
	return env, e
}

func TestEveryEventEverStoredIsReadForEver(t *testing.T) {
	t.Parallel()
	names := fixtures(t, "*")
	if len(names) < len(eventTypes()) {
		t.Fatalf("%d fixtures for %d events: write the missing ones with go test ./proto/gridcase/v1 -update", len(names), len(eventTypes()))
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".json"), func(t *testing.T) {
			g := read(t, name)
			env, e := g.decode(t)
			if !strings.HasPrefix(filepath.Base(name), env.Type+".v") {
				t.Errorf("it holds a %s", env.Type)
			}
			want := gridcasev1.NewEvent(env.Type)
			if err := protojson.Unmarshal(g.Event, want); err != nil {
				t.Fatalf("what it says is not to be told in this contract's names: %v", err)
			}
			if diff := cmp.Diff(want, e, protocmp.Transform()); diff != "" {
				t.Errorf("the event (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(g.Headers, env.Headers()); diff != "" {
				t.Errorf("the headers, written again (-stored +written):\n%s", diff)
			}
			if got := gridcasev1.Hash(env.Subject, g.Headers, g.Payload); got != g.Hash {
				t.Errorf("hash %s, stored as %s", got, g.Hash)
			}
		})
	}
}

func TestEveryFieldOfEveryEventStandsInAFixture(t *testing.T) {
	for _, eventType := range eventTypes() {
		names := fixtures(t, eventType)
		held := map[protoreflect.FullName]bool{}
		for _, name := range names {
			_, e := read(t, name).decode(t)
			hold(e.ProtoReflect(), held)
		}
		missing := lacking(gridcasev1.NewEvent(eventType).ProtoReflect().Descriptor(), held)
		if (len(missing) > 0 || len(names) == 0) && *update {
			write(t, eventType, len(names)+1)
			continue
		}
		if len(missing) > 0 || len(names) == 0 {
			t.Errorf("%s: %d fixtures, none holds %v: write one with go test ./proto/gridcase/v1 -update", eventType, len(names), missing)
		}
	}
}

// hold notes every field that has a value.
func hold(m protoreflect.Message, held map[protoreflect.FullName]bool) {
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		held[fd.FullName()] = true
		switch {
		case fd.IsList() && fd.Message() != nil:
			for i := range v.List().Len() {
				hold(v.List().Get(i).Message(), held)
			}
		case fd.Message() != nil:
			hold(v.Message(), held)
		}
		return true
	})
}

// lacking returns the fields of a message, and of those in it, that are not held.
func lacking(d protoreflect.MessageDescriptor, held map[protoreflect.FullName]bool) []protoreflect.FullName {
	var missing []protoreflect.FullName
	walk(d, func(fd protoreflect.FieldDescriptor) {
		if !held[fd.FullName()] {
			missing = append(missing, fd.FullName())
		}
	})
	return missing
}

// walk visits every field of a message and of the messages in it.
func walk(d protoreflect.MessageDescriptor, visit func(protoreflect.FieldDescriptor)) {
	for i := range d.Fields().Len() {
		fd := d.Fields().Get(i)
		visit(fd)
		if fd.Message() != nil {
			walk(fd.Message(), visit)
		}
	}
}

func write(t *testing.T, eventType string, version int) {
	t.Helper()
	env := envelope()
	env.Type = eventType
	e := gridcasev1.NewEvent(eventType)
	fill(e.ProtoReflect())
	payload, err := proto.MarshalOptions{Deterministic: true}.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	said, err := protojson.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	g := golden{Headers: env.Headers(), Payload: payload, Event: said, Hash: gridcasev1.Hash(env.Subject, env.Headers(), payload)}
	data, err := json.MarshalIndent(g, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join("testdata", fmt.Sprintf("%s.v%d.json", eventType, version))
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(append(data, '\n')); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("wrote %s", name)
}

// fill gives every field a value that tells it from its neighbours; a list of messages with a choice holds one of each member.
func fill(m protoreflect.Message) {
	for i := range m.Descriptor().Fields().Len() {
		fd := m.Descriptor().Fields().Get(i)
		switch {
		case fd.IsList() && fd.Message() != nil:
			fillList(m.Mutable(fd).List(), fd.Message())
		case fd.IsList():
			m.Mutable(fd).List().Append(value(fd))
		case fd.Message() != nil:
			fill(m.Mutable(fd).Message())
		default:
			m.Set(fd, value(fd))
		}
	}
}

func fillList(l protoreflect.List, d protoreflect.MessageDescriptor) {
	if d.Oneofs().Len() == 0 {
		fill(l.AppendMutable().Message())
		return
	}
	members := d.Oneofs().Get(0).Fields()
	for i := range members.Len() {
		item, fd := l.AppendMutable().Message(), members.Get(i)
		for j := range d.Fields().Len() {
			if other := d.Fields().Get(j); other.ContainingOneof() == nil {
				item.Set(other, value(other))
			}
		}
		if fd.Message() != nil {
			fill(item.Mutable(fd).Message())
			continue
		}
		item.Set(fd, value(fd))
	}
}

func value(fd protoreflect.FieldDescriptor) protoreflect.Value {
	n := fd.Number()
	switch fd.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(true)
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte(fd.Name()))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(float64(n) + 0.5)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(1)
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(int32(n))
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(int64(n))
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32(uint32(n))
	case protoreflect.Uint64Kind:
		return protoreflect.ValueOfUint64(uint64(n))
	}
	return protoreflect.ValueOfString(string(fd.Name()))
}
