package eventstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"
)

// maxTouched is how many leases may wait to be renewed by their holders' activity.
const maxTouched = 256

// Lease says that a user holds a case for a queue: others leave it alone there. It is no evidence: it stands in no log, and it names the
// holder by the user id alone.
type Lease struct {
	District string    `json:"district"`
	CaseID   string    `json:"case_id"`
	Queue    string    `json:"queue"`
	Holder   string    `json:"holder"` // a user id
	Until    time.Time `json:"until"`  // for people to read: the broker alone decides when a lease ends
}

// caseKey is where the leases of a case lie.
func caseKey(district, caseID string) string { return district + "." + caseID }

// key is where the lease lies. A key takes no colon.
func (l *Lease) key() string {
	return caseKey(l.District, l.CaseID) + "." + strings.ReplaceAll(l.Queue, ":", "=")
}

// Leases is who holds which case. A lease is given by the broker to one, guarded by what stood in its place, and ended by the broker when its
// life is over; no machine's clock has a part in that. What other processes did is heard a moment later, so Of is a hint, while Take,
// Renew and Release ask the broker. It is safe for concurrent use.
//
// # Decisions
//
// 2026-11: a lease is of a case and a queue, not of a case alone. A case may wait for two at once, such as for its department by its state and for
// the dispatcher by a wish for more time: one of them must not take the other's lease away, or a third would get the case from that
// queue while it is being worked on. What it costs: a lease in a queue that the case has left lives until its end, in nobody's way.
type Leases struct {
	log     *Log
	life    time.Duration
	touched chan Lease // one of each case that is to be renewed

	mu     sync.Mutex
	bucket jetstream.KeyValue         // nil until it is known to exist
	held   map[string]map[string]held // by case and key, as far as this process has heard
	taking map[string]bool            // by key, what this process is about to take
}

// held is a lease as this process has heard of it.
type held struct {
	Lease
	seq   uint64    // of the message that says so
	heard time.Time // when this process did: the broker has had it for at least as long
}

// NewLeases returns the leases of the log's broker. A lease lives for life, in whole seconds, at least one.
func NewLeases(log *Log, life time.Duration) *Leases {
	return &Leases{log: log, life: life, touched: make(chan Lease, maxTouched), held: map[string]map[string]held{}, taking: map[string]bool{}}
}

// Run hears what becomes of the leases and renews those that Touch names, until ctx ends. The broker's absence is waited out.
func (s *Leases) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.listen(ctx) })
	g.Go(func() error { return s.renewTouched(ctx) })
	return g.Wait()
}

// Ready tells whether the broker can be asked.
func (s *Leases) Ready() error {
	if !s.log.nc.IsConnected() {
		return leasesAway(errors.New("not connected"))
	}
	return nil
}

// Of returns the lease of a case for a queue as far as this process knows. Nothing is known while the broker is away.
func (s *Leases) Of(district, caseID, queue string) (Lease, bool) {
	if s.Ready() != nil {
		return Lease{}, false
	}
	l := Lease{District: district, CaseID: caseID, Queue: queue}
	s.mu.Lock()
	defer s.mu.Unlock()
	h, ok := s.held[caseKey(district, caseID)][l.key()]
	return h.Lease, ok && time.Now().Before(h.Until) // the mark of its end may have been missed
}

// Touch renews what a user who is at work on a case holds of it, soon and at its best: nobody waits for it.
func (s *Leases) Touch(district, caseID, holder string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.held[caseKey(district, caseID)] {
		if h.Holder == holder {
			select {
			case s.touched <- h.Lease:
			default: // so many are at work that the holder's next command has to do
			}
			return
		}
	}
}

func (s *Leases) renewTouched(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case l := <-s.touched:
			_, err := s.Renew(ctx, l.District, l.CaseID, l.Holder)
			if err != nil && !errors.Is(err, ErrFree) && !errors.Is(err, ErrHeld) && ctx.Err() == nil {
				s.log.log.Warn("lease was not renewed", zap.String("district", l.District), zap.String("case", l.CaseID), zap.Error(err))
			}
		}
	}
}

// listen hears changes over as many watchers as it takes.
func (s *Leases) listen(ctx context.Context) error {
	for {
		err := s.watch(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s.log.log.Debug("leases are not heard", zap.Error(err))
		if !wait(ctx, 500*time.Millisecond) {
			return ctx.Err()
		}
	}
}

// watch hears every lease that there is and every change, as long as the watcher lives.
func (s *Leases) watch(ctx context.Context) error {
	kv, err := s.open(ctx)
	if err != nil {
		return err
	}
	watcher, err := kv.WatchAll(ctx)
	if err != nil {
		return fmt.Errorf("watch leases: %w", err)
	}
	defer func() { _ = watcher.Stop() }() // the connection may be closed by now
	s.mu.Lock()
	clear(s.held)
	s.mu.Unlock()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case entry, open := <-watcher.Updates():
			if !open {
				return errSilent
			}
			if entry != nil { // nil: that was all there is
				s.hear(entry.Key(), entry.Value(), entry.Revision())
			}
		}
	}
}

// hear takes what stands under a key since a sequence: a lease, or nothing where it ended.
func (s *Leases) hear(key string, value []byte, seq uint64) {
	of := key[:strings.LastIndexByte(key, '.')]
	s.mu.Lock()
	defer s.mu.Unlock()
	if seq <= s.held[of][key].seq {
		return // older than what is known
	}
	lease, ok := readLease(value)
	if !ok {
		delete(s.held[of], key)
		if len(s.held[of]) == 0 {
			delete(s.held, of)
		}
		return
	}
	if s.held[of] == nil {
		s.held[of] = map[string]held{}
	}
	s.held[of][key] = held{Lease: lease, seq: seq, heard: time.Now()}
}
