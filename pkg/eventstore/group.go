package eventstore

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/synadia-io/orbit.go/jetstreamext"
)

const (
	// groupMost is how many events a group holds at most.
	groupMost = 64
	// freeReplicated and freeSynced are how many appends go by themselves before others wait for each other: on several servers, and on one
	// that syncs what it stores.
	freeReplicated, freeSynced = 4, 16
	// apartLeast and apartMost bound how many appends go by themselves behind a group that was refused.
	apartLeast, apartMost = 16, 1024
)

// group commits the appends to one stream as atomic batches once so many come that this is cheaper: while as many as are free are under way, or
// a batch is, the appends that come wait and make the next.
//
// # Decisions
//
// 2026-11: three servers agree on a batch, and answer it, as on one message: with 64 writers a command costs a fifth less CPU than where each
// append goes by itself, and an eighth more of them are taken (scripts/bench; two batches under way at once gain nothing). Where up to four go by
// themselves before others wait, it is a tenth less than where one does.
//
// 2026-11: one server that syncs what it stores does so for each append, one behind the other, but for a batch once at its end (nats-server
// 2.15.2). A batch costs the files of its stage and their syncs, too, as long as a dozen appends take; so on one server only more than 16 that
// wait behind 16 others go together. One that doesn't sync gains nothing by a batch.
//
// 2026-11: a batch is refused as a whole when one of its guards is; then nothing was stored and each append goes by itself, the one in conflict
// to hear of it. Where that happens again and again, groups are left alone for longer each time.
type group struct {
	log  *Log
	free int // how many appends may be under way by themselves before others wait

	mu      sync.Mutex
	waiting []*appending
	busy    bool // a batch is under way
	single  int  // how many appends are under way by themselves
	apart   int  // how many of the next are to go by themselves
	penalty int  // how many did so behind the last group that was refused
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
// they are more than are free; else one by one. It is called with the lock held.
func (g *group) next() {
	for ; g.apart > 0 && len(g.waiting) > 0; g.apart-- {
		g.send()
	}
	if g.busy {
		return
	}
	if len(g.waiting) > g.free {
		if g.single == 0 {
			var batch []*appending
			batch, g.waiting = split(g.waiting)
			g.busy = true
			batch[0].turn <- turn{batch: batch}
		}
		return
	}
	for len(g.waiting) > 0 && g.single < g.free {
		g.send()
	}
}

// split takes a batch off those who wait: the guard of a subject stands on its first message, so the second append to it waits further.
func split(waiting []*appending) (batch, rest []*appending) {
	subjects, events := map[string]bool{}, 0
	for _, a := range waiting {
		full := len(batch) > 0 && events+len(a.msgs) > groupMost
		if full || a.among(subjects) {
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
	outcomes, refused := g.publish(ctx, batch)
	g.mu.Lock()
	g.busy = false
	if refused {
		g.single += len(batch)
	}
	g.learn(refused)
	g.next()
	g.mu.Unlock()
	for i, a := range batch[1:] {
		a.turn <- outcomes[i+1]
	}
	return outcomes[0]
}

// publish stores a batch, all or none, and returns what became of each, and whether they were refused together.
func (g *group) publish(ctx context.Context, batch []*appending) (outcomes []turn, refused bool) {
	outcomes = make([]turn, len(batch))
	if len(batch) == 1 {
		outcomes[0].seq, outcomes[0].err = g.log.publish(ctx, batch[0].msgs)
		return outcomes, false
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
		return outcomes, true
	}
	if err != nil {
		for i := range outcomes {
			outcomes[i].err = appendError(fmt.Errorf("publish group: %w", err))
		}
		return outcomes, false
	}
	seq := ack.Sequence - uint64(len(all))
	for i, a := range batch {
		seq += uint64(len(a.msgs))
		outcomes[i].seq = seq
	}
	return outcomes, false
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
