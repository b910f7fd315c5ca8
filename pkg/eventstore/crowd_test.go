package eventstore

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
)

// taken, refused and lost are what becomes of a batch.
var taken, refused, lost = turn{seq: 1}, turn{alone: true}, turn{err: errors.New("no answer came")}

// come has so many appends of one event enter a group, each to a subject of its own.
func come(g *group, n int) []*appending { return comeWith(g, n, 1) }

// comeWith has so many appends of so many events each enter a group.
func comeWith(g *group, n, events int) []*appending {
	all := make([]*appending, n)
	for i := range all {
		all[i] = &appending{turn: make(chan turn, 1)}
		subject := nats.NewInbox()
		for range events {
			all[i].msgs = append(all[i].msgs, nats.NewMsg(subject))
		}
		g.enter(all[i])
	}
	return all
}

// expectGone demands that it is the turn of so many, by themselves and in a batch. Whose turn it is is told once.
func expectGone(t *testing.T, when string, all []*appending, alone, together int) {
	t.Helper()
	var byThemselves, inBatch int
	for _, a := range all {
		select {
		case t := <-a.turn:
			if t.alone {
				byThemselves++
			}
			inBatch += len(t.batch)
		default:
		}
	}
	if byThemselves != alone || inBatch != together {
		t.Errorf("%s: %d went by themselves, %d together; %d and %d should have", when, byThemselves, inBatch, alone, together)
	}
}

// behind returns a group with a batch of so many under way, which is more than go by themselves.
func behind(t *testing.T, size int) *group {
	t.Helper()
	g := &group{}
	first, batch := come(g, groupFree), come(g, size)
	expectGone(t, "at first", append(first, batch...), groupFree, 0)
	for range groupFree {
		g.landed()
	}
	expectGone(t, "when the first are answered", batch, 0, size)
	return g
}

// pass lets the time of a synctest bubble pass, where no clock does.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestBehindABatchMostOfTheCrowdIsAwaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := behind(t, 30)
		early := come(g, 20) // more than go by themselves
		g.ended(30, taken)
		back := append(early, come(g, 24)...) // of fifty
		expectGone(t, "before most are back", back, 0, 0)
		expectGone(t, "when nine tenths are back", append(back, come(g, 1)...), 0, 45)
	})
}

func TestACrowdIsNotAwaitedForLong(t *testing.T) {
	for name, test := range map[string]struct{ come, alone, together int }{
		"few come back":              {groupFree, groupFree, 0},
		"more than go by themselves": {groupFree + 1, 0, groupFree + 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := behind(t, 30)
				g.ended(30, taken)
				back := come(g, test.come)
				pass(crowdMost - time.Nanosecond)
				expectGone(t, "before the time is over", back, 0, 0)
				pass(time.Nanosecond)
				expectGone(t, "when it is", back, test.alone, test.together)
			})
		})
	}
}

func TestEachBatchHasATimeOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := behind(t, 30)
		g.ended(30, taken)
		expectGone(t, "when most are back", come(g, 27), 0, 27)
		pass(crowdMost / 2)
		g.ended(27, taken)
		back := come(g, 5)
		pass(crowdMost - time.Nanosecond)
		expectGone(t, "before the time is over", back, 0, 0)
		pass(time.Nanosecond)
		expectGone(t, "when it is", back, 5, 0)
	})
}

func TestACrowdThatCameLateIsNotAwaitedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := behind(t, 30)
		g.ended(30, taken)
		back := come(g, 20)
		pass(crowdMost)
		expectGone(t, "when the time is over", back, 0, 20)
		g.ended(20, taken)
		expectGone(t, "behind the next batch", come(g, 1), 1, 0)
	})
}

func TestNobodyIsAwaitedLonger(t *testing.T) {
	for name, ready := range map[string]func(t *testing.T) *group{
		"behind a batch that got no answer": func(t *testing.T) *group {
			g := behind(t, 30)
			g.ended(30, lost)
			return g
		},
		"behind a batch that was refused": func(t *testing.T) *group {
			g := behind(t, 30)
			g.ended(30, taken)
			expectGone(t, "when most are back", come(g, 27), 0, 27)
			g.ended(27, refused)
			expectGone(t, "behind a refused batch", come(g, apartLeast), apartLeast, 0)
			for range 27 + apartLeast {
				g.landed()
			}
			return g
		},
		"than most were back, who went by themselves": func(t *testing.T) *group {
			g := behind(t, 17)
			g.ended(17, taken)
			expectGone(t, "when most are back", come(g, 16), 16, 0)
			g.landed()
			return g
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := ready(t)
				expectGone(t, "at once", come(g, 1), 1, 0)
			})
		})
	}
}

func TestAFullBatchAwaitsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := behind(t, 30)
		early := comeWith(g, 22, 3)
		g.ended(30, taken)
		expectGone(t, "with more events than a batch holds", early, 0, 21)
	})
}
