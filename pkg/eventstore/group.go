package eventstore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/synadia-io/orbit.go/jetstreamext"
)

const (
	// groupMost is how many events a group holds at most.
	groupMost = 64
	// groupFree is how many appends go by themselves before others wait for each other.
	groupFree = 16
	// apartLeast and apartMost bound how many appends go by themselves behind a group that was refused.
	apartLeast, apartMost = 16, 1024
	// crowdMost is how long those who come behind a batch wait for the others to come back.
	crowdMost = 20 * time.Millisecond
)

// group commits the appends to one stream as atomic batches once so many come that this is cheaper: while groupFree are under way, or a batch is,
// the appends that come wait and make the next, behind a batch for those it answered, too.
//
// # Decisions
//
// 2026-11: one server that syncs what it stores does so for each append, one behind the other, but for a batch once at its end (nats-server
// 2.15.2). A batch costs the files of its stage and their syncs, too, as long as a dozen appends take; so only more than 16 that wait behind 16
// others go together. Three servers agree on a batch, and answer it, as on one message; there 16 or 4 that go by themselves are the same, one is a tenth
// dearer. One server that doesn't sync gains nothing by a batch.
//
// 2026-11: whose append is answered comes back with the next one soon. So behind a batch those who come wait until nine tenths of the crowd are
// back, or 20 ms: of 64 clients, each write synced, a fifth more commands were taken over HTTP at an eighth less CPU, and on three servers a
// third more at a quarter less (in alternation; 4 to 30 ms and half to all of the crowd were tried). Without, two batches took turns, each with
// what came during the other one, or appends went one by one. A crowd that does not come back in time, as where appends come at a steady rate
// whatever is answered, is not awaited behind the next batch.
//
// 2026-11: a batch is refused as a whole when one of its guards is; then nothing was stored and each append goes by itself, the one in conflict
// to hear of it. Where that happens again and again, groups are left alone for longer each time.
type group struct {
	log *Log

	mu      sync.Mutex
	waiting []*appending
	busy    bool // a batch is under way
	single  int  // how many appends are under way by themselves
	apart   int  // how many of the next are to go by themselves
	penalty int  // how many did so behind the last group that was refused

	expected  int         // how many have to wait before anyone goes, behind a batch; 0: as many as there are
	dispersal *time.Timer // when nobody is expected any more
	late      bool        // those who were expected last did not come in time
}

// appending is one append in a group.
type appending struct {
	msgs []*nats.Msg
	turn chan turn // told once what becomes of it
}

// turn is what becomes of an append that waited: it is answered, or its caller takes a batch to the broker, or goes by itself.
type turn struct {
	batch []*appending // to be taken to the broker; the caller's own is the first
	alone bool
	seq   uint64
	err   error
}

// append stores messages with what else is on its way to the stream.
func (g *group) append(ctx context.Context, msgs []*nats.Msg) (uint64, error) {
	a := &appending{msgs: msgs, turn: make(chan turn, 1)}
	g.enter(a)
	var t turn
	select {
	case t = <-a.turn:
	case <-ctx.Done():
		if g.leave(a) {
			return 0, errAway(ctx.Err())
		}
		t = <-a.turn // it is on its way, which ends within the log's patience
	}
	if t.batch != nil {
		t = g.take(ctx, t.batch)
	}
	if t.alone {
		defer g.landed()
		if ctx.Err() != nil {
			return 0, errAway(ctx.Err())
		}
		return g.log.publish(ctx, msgs)
	}
	return t.seq, t.err
}

// enter has an append wait for its turn, which may be at once.
func (g *group) enter(a *appending) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = append(g.waiting, a)
	g.next()
}

// send has the first of those who wait go by itself. It is called with the lock held.
func (g *group) send() {
	g.single++
	g.waiting[0].turn <- turn{alone: true}
	g.waiting = g.waiting[1:]
}

// landed is called when an append that went by itself is answered.
func (g *group) landed() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.single--
	g.next()
}

// leave takes an append back that still waits.
func (g *group) leave(a *appending) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, w := range g.waiting {
		if w == a {
			g.waiting = append(g.waiting[:i], g.waiting[i+1:]...)
			g.next()
			return true
		}
	}
	return false
}

// next gives their turn to those who wait: by themselves behind a group that was refused; as a batch, once nothing else is under way, where
// they are more than go by themselves; else one by one. While others are expected, the latter two wait. It is called with the lock held.
func (g *group) next() {
	for ; g.apart > 0 && len(g.waiting) > 0; g.apart-- {
		g.send()
	}
	if g.busy || len(g.waiting) < g.expected && !full(g.waiting) {
		return
	}
	g.expected = 0
	if len(g.waiting) > groupFree {
		if g.single == 0 {
			var batch []*appending
			batch, g.waiting = split(g.waiting)
			g.busy = true
			batch[0].turn <- turn{batch: batch}
		}
		return
	}
	for len(g.waiting) > 0 && g.single < groupFree {
		g.send()
	}
}

// split takes a batch off those who wait: the guard of a subject stands on its first message, so the second append to it waits further.
func split(waiting []*appending) (batch, rest []*appending) {
	subjects, events := map[string]bool{}, 0
	for _, a := range waiting {
		tooMany := len(batch) > 0 && events+len(a.msgs) > groupMost
		if tooMany || a.among(subjects) {
			rest = append(rest, a)
			continue
		}
		batch, events = append(batch, a), events+len(a.msgs)
		for _, m := range a.msgs {
			subjects[m.Subject] = true
		}
	}
	return batch, rest
}

// full says whether appends fill a batch.
func full(waiting []*appending) bool {
	events := 0
	for _, a := range waiting {
		events += len(a.msgs)
	}
	return events >= groupMost
}

func (a *appending) among(subjects map[string]bool) bool {
	for _, m := range a.msgs {
		if subjects[m.Subject] {
			return true
		}
	}
	return false
}

// take takes a batch to the broker, tells all of it but the first what became of them, and returns that of the first. It outlives the
// first's own call.
func (g *group) take(ctx context.Context, batch []*appending) turn {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), g.log.patience)
	defer cancel()
	outcomes := g.publish(ctx, batch)
	g.ended(len(batch), outcomes[0])
	for i, a := range batch[1:] {
		a.turn <- outcomes[i+1]
	}
	return outcomes[0]
}

// ended is called when a batch of so many is over; first is what became of its first.
func (g *group) ended(size int, first turn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.busy = false
	switch {
	case first.alone:
		g.single += size
	case first.err == nil:
		g.expect(size)
	}
	g.learn(first.alone)
	g.next()
}

// expect has those who wait do so until most of those who were answered are back, but not for long. It is called with the lock held.
func (g *group) expect(answered int) {
	if g.late {
		g.late = false
		return
	}
	crowd := answered + len(g.waiting)
	g.expected = crowd - crowd/10
	if g.dispersal == nil {
		g.dispersal = time.AfterFunc(crowdMost, g.disperse)
		return
	}
	g.dispersal.Reset(crowdMost)
}

// disperse ends the wait for a crowd.
func (g *group) disperse() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.expected > 0 {
		g.expected, g.late = 0, true
		g.next()
	}
}

// publish stores a batch, all or none, and returns what became of each. Those that were refused together are to go alone.
func (g *group) publish(ctx context.Context, batch []*appending) []turn {
	outcomes := make([]turn, len(batch))
	if len(batch) == 1 {
		outcomes[0].seq, outcomes[0].err = g.log.publish(ctx, batch[0].msgs)
		return outcomes
	}
	var all []*nats.Msg
	for _, a := range batch {
		all = append(all, a.msgs...)
	}
	ack, err := jetstreamext.PublishMsgBatch(ctx, g.log.js, all, jetstreamext.BatchFlowControl{AckFirst: false})
	if codeOf(err) != 0 || leaderless(err) || errors.Is(err, nats.ErrMaxPayload) { // nothing was stored, and one of them may be why
		for i := range outcomes {
			outcomes[i].alone = true
			unbatch(batch[i].msgs)
		}
		return outcomes
	}
	if err != nil {
		for i := range outcomes {
			outcomes[i].err = appendError(fmt.Errorf("publish group: %w", err))
		}
		return outcomes
	}
	seq := ack.Sequence - uint64(len(all))
	for i, a := range batch {
		seq += uint64(len(a.msgs))
		outcomes[i].seq = seq
	}
	return outcomes
}

// unbatch takes away what made messages parts of a batch.
func unbatch(msgs []*nats.Msg) {
	for _, m := range msgs {
		for _, name := range []string{jetstreamext.BatchIDHeader, jetstreamext.BatchSeqHeader, jetstreamext.BatchCommitHeader} {
			m.Header.Del(name)
		}
	}
}

// learn sends the next appends by themselves behind a batch that was refused, twice as many each time, half as many behind one that was
// not. It is called with the lock held.
func (g *group) learn(refused bool) {
	if !refused {
		g.penalty /= 2
		return
	}
	g.penalty = min(max(2*g.penalty, apartLeast), apartMost)
	g.apart = g.penalty
}
