package command_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/command"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/natsd/natstest"
	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	"github.com/gridcase/gridcase/pkg/reference"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
	"github.com/gridcase/gridcase/pkg/vault"
)

// desk is a write side under test, over a real log and a real vault.
type desk struct {
	log       *eventstore.Log
	directory *reference.Directory
	access    *access.Access
	commands  *command.Service
	vault     *vault.Vault
	now       func() time.Time
	stepDown  func(stream string)
}

// onBoth runs a test against one node and against a cluster of three.
func onBoth(t *testing.T, test func(t *testing.T, d *desk)) {
	t.Run("one node", func(t *testing.T) {
		t.Parallel()
		test(t, newDesk(t, natstest.Connect(t, natstest.Node(t)), 1))
	})
	t.Run("three nodes", func(t *testing.T) {
		t.Parallel()
		cluster := natstest.Cluster(t)
		conn := cluster.Connect(t)
		d := newDesk(t, conn, 3)
		d.stepDown = func(stream string) { cluster.StepDown(t, conn, stream) }
		test(t, d)
	})
}

func newDesk(t *testing.T, conn *nats.Conn, replicas int) *desk {
	t.Helper()
	log, err := eventstore.New(eventstore.Options{Conn: conn, Replicas: replicas})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{log: log, directory: referencetest.Run(t, log), now: time.Now, stepDown: func(string) {}}
	referencetest.Publish(t, d.directory)
	pool, err := postgres.Connect(t.Context(), pgtest.New(t), postgres.PoolOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	d.vault = vault.New(pool, vault.Key{1})
	if err := d.vault.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.access = access.New(d.directory, referencetest.OperatorToken)
	d.commands = d.another(t)
	return d
}

// another is a second process's write side over the same log.
func (d *desk) another(t *testing.T) *command.Service {
	t.Helper()
	return d.over(t, d.log)
}

// over is a write side over a log of its own making.
func (d *desk) over(t *testing.T, log command.Log) *command.Service {
	t.Helper()
	s, err := command.New(command.Options{Log: log, Directory: d.directory, Access: d.access, Vault: d.vault, Now: func() time.Time { return d.now() }})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// as returns a user of the test district.
func (d *desk) as(t *testing.T, name string) access.Actor {
	t.Helper()
	actor, err := d.access.Authenticate(referencetest.Token(name))
	if err != nil {
		t.Fatal(err)
	}
	return actor
}

func target(caseID string) *gridcasev1.Target {
	return &gridcasev1.Target{CaseId: caseID, CommandId: uuid.NewString()}
}

func newID(t *testing.T) string {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	return id.String()
}

// report is a grid worker's report in unit grid 1.
func report(caseID string) *gridcasev1.ReportCase {
	return &gridcasev1.ReportCase{Target: target(caseID), CaseType: "parking.motor", Point: referencetest.Point(1),
		Fields: []*gridcasev1.FieldInput{{Name: "place_kind", Value: &gridcasev1.FieldInput_Choice{Choice: "footway"}}},
		Photos: []*gridcasev1.Photo{{Kind: "far", Sha256: fmt.Sprintf("%064d", 1)}}}
}

func events(t *testing.T, d *desk, caseID string) []eventstore.Event {
	t.Helper()
	key, err := eventstore.CaseOf(referencetest.District, caseID)
	if err != nil {
		t.Fatal(err)
	}
	all, err := d.log.Load(context.Background(), key, 0, 0, "")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestTheSameCommandSentAHundredTimesAtOnceIsOneEvent(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, d *desk) {
		services := []*command.Service{d.commands, d.another(t), d.another(t)} // three processes
		worker, cmd := d.as(t, "worker-1"), report(newID(t))
		receipts := make([]*gridcasev1.Receipt, 100)
		var group sync.WaitGroup
		for i := range receipts {
			group.Go(func() {
				var err error
				for receipts[i] == nil && (err == nil || fault.KindOf(err) == fault.Unavailable) { // as a client does
					receipts[i], err = services[i%len(services)].Do(t.Context(), worker, cmd)
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if t.Failed() {
			return
		}
		first := 0
		for _, r := range receipts {
			if !r.GetDuplicate() {
				first++
			}
			if r.GetPosition() != receipts[0].GetPosition() || r.GetNumber() != receipts[0].GetNumber() || r.GetVersion() != 1 {
				t.Errorf("receipts differ: %v and %v", r, receipts[0])
			}
		}
		if n := len(events(t, d, cmd.GetTarget().GetCaseId())); n != 1 || first != 1 {
			t.Errorf("the case has %d events and %d receipts say that they stored it, want 1 and 1", n, first)
		}
	})
}

func TestOfRivalDecisionsOneWins(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, d *desk) {
		id := newID(t)
		if _, err := d.commands.Do(t.Context(), d.as(t, "worker-1"), report(id)); err != nil {
			t.Fatal(err)
		}
		services := []*command.Service{d.commands, d.another(t)}
		var mu sync.Mutex
		var won, lost int
		var group sync.WaitGroup
		for i := range 16 {
			group.Go(func() {
				_, err := services[i%2].Do(context.Background(), d.as(t, "acceptor"), &gridcasev1.FileCase{Target: target(id), Condition: "C2"})
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					won++
				case fault.KindOf(err) == fault.Conflict:
					lost++
				default:
					t.Error(err)
				}
			})
		}
		group.Wait()
		if won != 1 || lost != 15 || len(events(t, d, id)) != 2 {
			t.Errorf("%d filed, %d were refused, the case has %d events; want 1, 15, 2", won, lost, len(events(t, d, id)))
		}
	})
}

// watched is a log that remembers from where on cases were read.
type watched struct {
	*eventstore.Log
	after []uint64
}

func (w *watched) Load(ctx context.Context, c eventstore.Case, after, version uint64, prev string) ([]eventstore.Event, error) {
	w.after = append(w.after, after)
	return w.Log.Load(ctx, c, after, version, prev)
}

func TestWhoMetARivalReadsWhatIsNewAlone(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, d *desk) {
		id, w := newID(t), &watched{Log: d.log}
		mine := d.over(t, w)
		note := func() casework.Command {
			return &gridcasev1.AddAttachment{Target: target(id), Attachment: &gridcasev1.Attachment{Sha256: strings.ReplaceAll(uuid.NewString()+uuid.NewString(), "-", "")}}
		}
		if _, err := mine.Do(t.Context(), d.as(t, "worker-1"), report(id)); err != nil {
			t.Fatal(err)
		}
		known := events(t, d, id)[0].Seq
		for _, s := range []*command.Service{d.commands, mine} {
			if _, err := s.Do(t.Context(), d.as(t, "acceptor"), note()); err != nil {
				t.Fatal(err)
			}
		}
		if !slices.Equal(w.after, []uint64{known}) || len(events(t, d, id)) != 3 {
			t.Errorf("the case was read from %v on, want from %d on; it has %d events", w.after, known, len(events(t, d, id)))
		}
	})
}

func TestCommandsGoOnOverALeadersStepDown(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, d *desk) {
		const cases, notes = 6, 12
		acceptor := d.as(t, "acceptor")
		sent := make([][]string, cases)
		ids := make([]string, cases)
		var group sync.WaitGroup
		started := make(chan struct{}, cases)
		for i := range cases {
			ids[i] = newID(t)
			group.Go(func() {
				for n := range notes {
					var cmd casework.Command = &gridcasev1.AddNote{Target: target(ids[i]), Text: "seen"}
					if n == 0 {
						r := report(ids[i])
						r.Source = gridcasev1.Source_SOURCE_HOTLINE
						cmd = r
					}
					for { // as a client does that is told to try again
						_, err := d.commands.Do(context.Background(), acceptor, cmd)
						if err == nil {
							break
						}
						if fault.KindOf(err) != fault.Unavailable {
							t.Error(err)
							return
						}
					}
					sent[i] = append(sent[i], cmd.GetTarget().GetCommandId())
					if n == 3 {
						started <- struct{}{}
					}
				}
			})
		}
		<-started
		d.stepDown(fmt.Sprintf("CASES_%s_%04d", referencetest.District, time.Now().UTC().Year()))
		group.Wait()
		for i, id := range ids {
			var stored []string
			for _, e := range events(t, d, id) {
				stored = append(stored, e.CommandID)
			}
			if !slices.Equal(stored, sent[i]) {
				t.Errorf("case %d: %d commands were acknowledged, %d are stored, or in another order", i, len(sent[i]), len(stored))
			}
		}
	})
}

func TestACommandIsKnownForEver(t *testing.T) {
	t.Parallel()
	d := newDesk(t, natstest.Connect(t, natstest.Node(t)), 1)
	cmd := report(newID(t))
	cmd.Description = "a car on the footway" // sealed under a key of the case's
	first, err := d.commands.Do(t.Context(), d.as(t, "worker-1"), cmd)
	if err != nil {
		t.Fatal(err)
	}
	if soon, err := d.another(t).Do(t.Context(), d.as(t, "worker-1"), cmd); err != nil || !soon.GetDuplicate() || soon.GetPosition() != first.GetPosition() {
		t.Errorf("by a process that does not know the case yet: %v, %v; want the receipt of %s", soon, err, first.GetPosition())
	}
	other := cloneReport(cmd)
	other.Description = "two cars on the footway"
	if _, err := d.another(t).Do(t.Context(), d.as(t, "worker-1"), other); fault.Of(err).Code != "command.reused" {
		t.Errorf("another text, by a process that does not know the case yet: %v, want command.reused", err)
	}
	d.now = func() time.Time { return time.Now().AddDate(3, 0, 0) } // long after any window, by another process
	again, err := d.another(t).Do(t.Context(), d.as(t, "worker-1"), cmd)
	if err != nil || !again.GetDuplicate() || again.GetPosition() != first.GetPosition() {
		t.Errorf("three years later: %v, %v; want the receipt of %s", again, err, first.GetPosition())
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	d := newDesk(t, natstest.Connect(t, natstest.Node(t)), 1)
	id := newID(t)
	cmd := report(id)
	cmd.Description = "a car on the footway"
	if _, err := d.commands.Do(t.Context(), d.as(t, "worker-1"), cmd); err != nil {
		t.Fatal(err)
	}
	otherText, otherPhoto := cloneReport(cmd), cloneReport(cmd)
	otherText.Description = "two cars on the footway"
	otherPhoto.Photos = append(otherPhoto.Photos, &gridcasev1.Photo{Kind: "near", Sha256: fmt.Sprintf("%064d", 2)})
	old := report("016f5e66-e800-7000-8000-000000000000") // January 2020
	far := report(newID(t))
	far.Point = &gridcasev1.GeoPoint{Longitude: 100, Latitude: 30}
	versioned := &gridcasev1.FileCase{Target: target(id), Condition: "C2"}
	versioned.Target.ExpectedVersion = new(uint64)
	foreign := report(newID(t))
	foreign.Target.District = "110101"
	for _, tt := range []struct {
		name, as string
		cmd      casework.Command
		code     string
	}{
		{"a command id used for another text", "worker-1", otherText, "command.reused"},
		{"a command id used for another photo", "worker-1", otherPhoto, "command.reused"},
		{"a command id used by another actor", "acceptor", cloneReport(cmd), "command.reused"},
		{"a command id used by an actor who may not see the case", "worker-2", cloneReport(cmd), "case.not_found"},
		{"an id of the far past", "worker-1", old, "case.id_time"},
		{"a point in no unit grid", "worker-1", far, "point.outside"},
		{"a version that is not the case's", "acceptor", versioned, "case.version"},
		{"a foreign district", "worker-1", foreign, "district.unknown"},
		{"a case of nobody", "acceptor", &gridcasev1.FileCase{Target: target(newID(t)), Condition: "C2"}, "case.not_found"},
		{"a case of another's unit grid", "worker-2", &gridcasev1.AddNote{Target: target(id), Text: "hello"}, "case.not_found"},
		{"another report under the same case id", "acceptor", report(id), "case.exists"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := len(events(t, d, id))
			_, err := d.commands.Do(t.Context(), d.as(t, tt.as), tt.cmd)
			if got := fault.Of(err).Code; got != tt.code {
				t.Errorf("fault %v, want %s", err, tt.code)
			}
			if after := len(events(t, d, id)); after != before {
				t.Errorf("the refused command left %d events", after-before)
			}
		})
	}
}

func cloneReport(r *gridcasev1.ReportCase) *gridcasev1.ReportCase {
	c := &gridcasev1.ReportCase{Target: r.GetTarget(), CaseType: r.GetCaseType(), Point: r.GetPoint(), Fields: r.GetFields(), Description: r.GetDescription()}
	c.Photos = append(c.Photos, r.GetPhotos()...)
	return c
}

func TestARefusedReportLeavesNoGapInTheNumbers(t *testing.T) {
	t.Parallel()
	d := newDesk(t, natstest.Connect(t, natstest.Node(t)), 1)
	noon := time.Now().UTC().Truncate(24 * time.Hour).Add(12 * time.Hour)
	d.now = func() time.Time { return noon } // no midnight between two reports
	var last uint64
	for n := range uint64(3) {
		far := report(newID(t))
		far.Point = &gridcasev1.GeoPoint{Longitude: 100, Latitude: 30}
		if _, err := d.commands.Do(t.Context(), d.as(t, "worker-1"), far); fault.Of(err).Code != "point.outside" {
			t.Fatalf("a report in no unit grid: %v", err)
		}
		r, err := d.commands.Do(t.Context(), d.as(t, "worker-1"), report(newID(t)))
		if err != nil {
			t.Fatal(err)
		}
		number, err := strconv.ParseUint(r.GetNumber(), 10, 64)
		if err != nil || n > 0 && number != last+1 {
			t.Errorf("report %d has number %s (%v), want %d", n+1, r.GetNumber(), err, last+1)
		}
		last = number
	}
}

// silent is a log that stores once and does not say so, and can't be read.
type silent struct{ *eventstore.Log }

func (s silent) AppendTogether(ctx context.Context, parts []eventstore.Part) (uint64, error) {
	_, err := s.Log.AppendTogether(ctx, parts)
	return 0, errors.Join(eventstore.ErrUnknown, err)
}

func (s silent) Load(context.Context, eventstore.Case, uint64, uint64, string) ([]eventstore.Event, error) {
	return nil, fault.New(fault.Unavailable, "log.unavailable", "away")
}

func TestANumberThatMayBeStoredIsNotGivenAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t, natstest.Connect(t, natstest.Node(t)), 1)
	s, id := d.over(t, silent{d.log}), newID(t)
	for range 2 {
		if _, err := s.Do(t.Context(), d.as(t, "worker-1"), report(id)); fault.KindOf(err) != fault.Unavailable {
			t.Fatalf("a report of which nothing is known: %v", err)
		}
		id = newID(t)
	}
	numbers := map[string]bool{}
	err := d.log.Follow(t.Context(), eventstore.Stream{District: referencetest.District, Year: time.Now().UTC().Year()}, 1, func(events []eventstore.Event) error {
		for i := range events {
			m, err := events[i].Decode()
			if err != nil {
				return err
			}
			numbers[m.(*gridcasev1.CaseReported).GetNumber()] = true
			if events[i].Seq == 2 {
				return errEnough
			}
		}
		return nil
	})
	if !errors.Is(err, errEnough) || len(numbers) != 2 {
		t.Errorf("two reports have the numbers %v (%v)", numbers, err)
	}
}

var errEnough = errors.New("enough")

func TestCaseNumbersAreUniqueAmongProcesses(t *testing.T) {
	t.Parallel()
	d := newDesk(t, natstest.Connect(t, natstest.Node(t)), 1)
	var mu sync.Mutex
	seen := map[string]bool{}
	var group sync.WaitGroup
	for range 6 {
		s := d.another(t) // each ends with a block in hand: a crash leaves a gap, never a double
		group.Go(func() {
			for range 40 {
				r, err := s.Do(context.Background(), d.as(t, "worker-1"), report(newID(t)))
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				if seen[r.GetNumber()] {
					t.Errorf("number %s was given twice", r.GetNumber())
				}
				seen[r.GetNumber()] = true
				mu.Unlock()
			}
		})
	}
	group.Wait()
}
