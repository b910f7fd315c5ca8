package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/command"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/natsd"
)

// contested is how many cases the two processes write to.
const contested = 500

// rivalry is what one process needs to take part, and where it writes its receipts.
type rivalry struct {
	URL      string        `json:"url"`
	Clients  int           `json:"clients"`
	Begin    time.Time     `json:"begin"` // both at once
	Window   time.Duration `json:"window"`
	Cases    []string      `json:"cases"`
	Receipts string        `json:"receipts"`
}

// accepted is one line of the receipts.
type accepted struct {
	CommandID string `json:"command"`
	CaseID    string `json:"case"`
	Version   uint64 `json:"version"`
	Position  string `json:"position"`
}

// rivals measures two write processes on one log whose every command goes to a case that the other one writes to as well, so that about
// half of them meet a case that has moved on: and that nothing is lost, doubled or out of order. The floor is the same with cases that the
// other one leaves alone.
func (b *bench) rivals(ctx context.Context) (*section, error) {
	h, err := openHouse(ctx, filepath.Join(b.dir, "rivals"), "127.0.0.1:0", true)
	if err != nil {
		return nil, err
	}
	defer h.close()
	if err := h.open(ctx, 1); err != nil {
		return nil, err
	}
	var receipts []accepted
	var rates, moved, floors []float64
	for round := range b.rounds {
		for n, apart := range []bool{round%2 == 0, round%2 != 0} {
			ids, err := b.openContested(ctx, h, 2*round+n)
			if err != nil {
				return nil, err
			}
			found, conflicts, err := b.rival(ctx, h, ids, apart)
			if err != nil {
				return nil, err
			}
			receipts = append(receipts, found...)
			rate := float64(len(found)) / b.window.Seconds()
			if apart && conflicts > 0 {
				return nil, fmt.Errorf("%d commands met a case that had moved on, though the other process left it alone", conflicts)
			}
			if apart {
				floors = append(floors, rate)
				continue
			}
			rates = append(rates, rate)
			moved = append(moved, 100*float64(conflicts)/float64(len(found)))
		}
		b.progress("round %d of %d: two processes %.0f/s, each on its own cases %.0f/s", round+1, b.rounds, rates[round], floors[round])
	}
	wrong, err := b.mistakes(ctx, h, receipts) // of all rounds
	if err != nil {
		return nil, err
	}
	rate := median(rates)
	return &section{Name: "rivals", Title: fmt.Sprintf("Two write processes on the same %s cases, relaxed, %d clients each", number(contested), b.clients/2),
		Rows: []row{{"gridcase", []cell{{"accepted", rate, "/s"}, {"met a case that had moved on", median(moved), "%"},
			{"lost, doubled, out of order", float64(wrong), ""}}},
			{"floor: each process on its own cases", []cell{{"accepted", median(floors), "/s"}}}},
		Targets: []target{atMost("lost, doubled or out of order", 0, "").judge(float64(wrong)), atLeast("accepted", 25_000, "/s").judge(rate)}}, nil
}

// openContested reports the cases of a window. They are new ones, since processes that begin know no case: each would first read those of
// earlier rounds, whose events lie all over the log.
func (b *bench) openContested(ctx context.Context, h *house, window int) (ids []string, err error) {
	people, err := h.people(1)
	if err != nil {
		return nil, err
	}
	for n := range contested {
		s := newStory(0, uint64(window*contested+n))
		if err := (&writer{h.commands, people}).do(ctx, 0, s, &way[0], way[0].make(s)); err != nil {
			return nil, err
		}
		ids = append(ids, s.id)
	}
	return ids, nil
}

// rival runs the two processes, on all cases both or apart on half of them each, and returns what both say was accepted, and how many
// conflicts they met.
func (b *bench) rival(ctx context.Context, h *house, ids []string, apart bool) (all []accepted, conflicts uint64, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, 0, err
	}
	var processes []*process
	begin := time.Now().Add(3 * time.Second)
	for n := range 2 {
		dir := filepath.Join(b.dir, fmt.Sprintf("rival-%d", n))
		if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o755)); err != nil {
			return nil, 0, err
		}
		mine := ids
		if apart {
			mine = ids[n*contested/2:][:contested/2]
		}
		text, err := json.Marshal(rivalry{URL: h.broker.ClientURL(), Clients: max(1, b.clients/2), Begin: begin, Window: b.window, Cases: mine, Receipts: filepath.Join(dir, "receipts")})
		if err != nil {
			return nil, 0, err
		}
		if err := os.WriteFile(filepath.Join(dir, "rivalry"), text, 0o644); err != nil {
			return nil, 0, err
		}
		p, err := startProcess(self, rivalVerb, filepath.Join(dir, "rivalry"))
		if err != nil {
			return nil, 0, err
		}
		defer p.end(syscall.SIGTERM)
		processes = append(processes, p)
	}
	for n, p := range processes {
		select {
		case <-p.ended:
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		}
		met, err := readReceipts(filepath.Join(b.dir, fmt.Sprintf("rival-%d", n), "receipts"), &all)
		if err != nil {
			return nil, 0, fmt.Errorf("%w\n%s", err, p.said)
		}
		conflicts += met
	}
	return all, conflicts, nil
}

// readReceipts reads what a process wrote: its conflicts, then a receipt a line.
func readReceipts(file string, all *[]accepted) (conflicts uint64, err error) {
	f, err := os.Open(file)
	if err != nil {
		return 0, err
	}
	defer f.Close() // it is only read
	lines := json.NewDecoder(bufio.NewReader(f))
	if err := lines.Decode(&conflicts); err != nil {
		return 0, err
	}
	for lines.More() {
		var a accepted
		if err := lines.Decode(&a); err != nil {
			return 0, err
		}
		*all = append(*all, a)
	}
	return conflicts, nil
}

// mistakes holds the log to the receipts: every accepted command is one event, where and as its receipt says, and every case's versions and
// hashes are a chain.
func (b *bench) mistakes(ctx context.Context, h *house, receipts []accepted) (wrong int, err error) {
	promised := map[string]accepted{}
	for _, a := range receipts {
		if _, twice := promised[a.CommandID]; twice {
			wrong++
		}
		promised[a.CommandID] = a
	}
	streams, err := h.log.Streams(ctx)
	if err != nil {
		return 0, err
	}
	last := map[string]*eventstore.Event{}
	err = h.log.Follow(ctx, streams[0], 1, func(events []eventstore.Event) error {
		for i := range events {
			e := &events[i]
			version, prev := uint64(0), ""
			if l := last[e.CaseID]; l != nil {
				version, prev = l.Version, l.Hash
			}
			if e.Version != version+1 || e.Prev != prev {
				wrong++
			}
			last[e.CaseID] = e
			if a, ok := promised[e.CommandID]; ok && (a.Version != e.Version || a.Position != e.Position().String()) {
				wrong++
			} else if !ok && version > 0 {
				wrong++ // nobody was told of it, or it is there twice
			}
			delete(promised, e.CommandID)
			if e.Seq == streams[0].Last {
				return errReached
			}
		}
		return nil
	})
	if !errors.Is(err, errReached) {
		return 0, err
	}
	return wrong + len(promised), nil // what is left was lost
}

// counting is the log of a rival, which counts the conflicts.
type counting struct {
	*eventstore.Log
	conflicts atomic.Uint64
}

// AppendTogether is the log's own.
func (l *counting) AppendTogether(ctx context.Context, parts []eventstore.Part) (uint64, error) {
	seq, err := l.Log.AppendTogether(ctx, parts)
	if errors.Is(err, eventstore.ErrConflict) {
		l.conflicts.Add(1)
	}
	return seq, err
}

// serveRival is one of the two processes.
func serveRival(ctx context.Context, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var r rivalry
	if err := json.Unmarshal(text, &r); err != nil {
		return err
	}
	conn, err := natsd.Dial(r.URL, "", "rival")
	if err != nil {
		return err
	}
	var log *counting
	h, err := enterHouse(ctx, eventstore.Options{Conn: conn, Lazy: true}, func(l *eventstore.Log) command.Log {
		log = &counting{Log: l}
		return log
	})
	if err != nil {
		return err
	}
	defer h.close()
	if err := h.await(ctx, func() error { _, err := h.people(1); return err }); err != nil {
		return err
	}
	if err := sleepUntil(ctx, r.Begin); err != nil {
		return err
	}
	var b strings.Builder
	receipts, err := r.fight(ctx, h)
	if err != nil {
		return err
	}
	fmt.Fprintln(&b, log.conflicts.Load())
	lines := json.NewEncoder(&b)
	for _, a := range receipts {
		if err := lines.Encode(a); err != nil {
			return err
		}
	}
	return os.WriteFile(r.Receipts, []byte(b.String()), 0o644)
}

// fight sends commands to the contested cases, at random, until time is over; one that is answered "unavailable" is sent again.
func (r *rivalry) fight(ctx context.Context, h *house) ([]accepted, error) {
	people, err := h.people(1)
	if err != nil {
		return nil, err
	}
	acceptor := people[user{0, "acceptor", 0}]
	end := r.Begin.Add(r.Window)
	found := make([][]accepted, r.Clients)
	g, ctx := errgroup.WithContext(ctx)
	for client := range r.Clients {
		g.Go(func() error {
			for time.Now().Before(end) {
				id := r.Cases[rand.IntN(len(r.Cases))]
				sha := strings.ReplaceAll(uuid.NewString()+uuid.NewString(), "-", "")
				cmd := &gridcasev1.AddAttachment{Target: &gridcasev1.Target{District: district(0).code(), CaseId: id, CommandId: uuid.NewString()},
					Attachment: &gridcasev1.Attachment{Sha256: sha}}
				receipt, err := h.commands.Do(ctx, acceptor, cmd)
				for err != nil && fault.KindOf(err) == fault.Unavailable && ctx.Err() == nil {
					receipt, err = h.commands.Do(ctx, acceptor, cmd)
				}
				if err != nil {
					return err
				}
				found[client] = append(found[client], accepted{receipt.GetCommandId(), receipt.GetCaseId(), receipt.GetVersion(), receipt.GetPosition()})
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	var all []accepted
	for _, f := range found {
		all = append(all, f...)
	}
	return all, nil
}
