package live_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/live"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

var nopLogger = zap.NewNop()

// watcher is a client: what it knows of each case, and its place.
type watcher struct {
	name   string
	ask    live.Subscription
	reader *live.Reader // nil while it is away
	place  string
	known  map[string]uint64 // the version of each case that it shows
	grids  map[string]*gridcasev1.LiveGrid
	resets int
	comes  int
}

// plays is the law's stage: cases on their way, and those who watch them.
type plays struct {
	*city
	random   *rand.Rand
	cases    []*walk
	byID     map[string]*walk
	watchers []*watcher
}

// belongs tells whether a case that stands so is a subscription's: the test's own rule.
func belongs(s live.Subscription, k stood) bool {
	p := k.parties
	mine := s.Scope.All || s.Scope.Department != "" && s.Scope.Department == p.Department || s.Scope.User != "" && (s.Scope.User == p.Worker || s.Scope.User == p.Reporter) ||
		slices.ContainsFunc(s.Scope.Areas, func(a string) bool { return strings.HasPrefix(p.Grid, a) })
	if s.Queue != "" {
		return mine && slices.Contains(k.queues, s.Queue)
	}
	return mine && strings.HasPrefix(p.Grid, s.Area)
}

// comes opens or opens again a watcher's stream.
func (p *plays) comes(w *watcher) {
	w.ask.After = nil
	if w.place != "" {
		var err error
		if w.ask.After, err = live.ParseCursor(referencetest.District, w.place); err != nil {
			p.t.Fatal(err)
		}
	}
	w.reader = p.subscribe(w.ask)
	w.comes++
}

// reads takes what waits and loses the connection after so many messages; all of them where keep is negative.
func (p *plays) reads(w *watcher, keep int) {
	p.t.Helper()
	messages, at, err := p.take(w.reader)
	if errors.Is(err, live.ErrSlow) {
		p.goes(w)
		return
	}
	if err != nil {
		p.t.Fatal(err)
	}
	if keep >= 0 && keep < len(messages) {
		messages = messages[:keep]
		at = w.place
		if keep > 0 {
			at = messages[keep-1].At
		}
		defer p.goes(w)
	}
	for _, m := range messages {
		p.hears(w, m)
	}
	w.place = at
}

func (p *plays) goes(w *watcher) {
	w.reader.Close()
	w.reader = nil
}

// hears applies one message as a client does, and holds it to what the client may be told.
func (p *plays) hears(w *watcher, m told) {
	p.t.Helper()
	switch m.Kind {
	case live.Reset:
		w.resets++
		fallthrough
	case live.Start:
		if m.Kind == live.Reset || w.place == "" {
			p.looks(w, m.start.GetPositions())
		}
	case live.Case:
		p.permits(w, m)
		if m.kase.GetGone() {
			delete(w.known, m.kase.GetCaseId())
		} else {
			w.known[m.kase.GetCaseId()] = m.kase.GetVersion()
		}
	case live.Area:
		if w.ask.Queue != "" || !strings.HasPrefix(m.grid.GetCode(), w.ask.Area) {
			p.t.Fatalf("%s is told of area %s", w.name, m.grid.GetCode())
		}
		w.grids[m.grid.GetCode()] = m.grid
	}
}

// looks reads the state anew, as it was at some positions.
func (p *plays) looks(w *watcher, positions []string) {
	p.t.Helper()
	w.known = map[string]uint64{}
	for _, text := range positions {
		at, err := eventstore.ParsePosition(text)
		if err != nil {
			p.t.Fatal(err)
		}
		for _, k := range p.cases {
			version := 0
			for version < len(k.stood) && k.stood[version].seq <= at.Seq {
				version++
			}
			if k.c.Year == at.Year && version > 0 && belongs(w.ask, k.stood[version-1]) {
				w.known[k.c.ID] = uint64(version)
			}
		}
	}
}

// permits holds a message about a case to the scope: the case is the reader's at its version or was since; one that is gone was the reader's.
func (p *plays) permits(w *watcher, m told) {
	p.t.Helper()
	at, err := eventstore.ParsePosition(m.kase.GetPosition())
	k := p.byID[m.kase.GetCaseId()]
	if err != nil || k == nil {
		p.t.Fatalf("%s is told of %v (%v)", w.name, m.kase, err)
	}
	ever := func(of []stood) bool { return slices.ContainsFunc(of, func(s stood) bool { return belongs(w.ask, s) }) }
	cut := slices.IndexFunc(k.stood, func(s stood) bool { return s.seq == at.Seq })
	switch {
	case m.kase.GetGone():
		if len(m.kase.GetGrid())+len(m.kase.GetEvent())+int(m.kase.GetState())+int(m.kase.GetVersion()) > 0 || m.kase.GetAt() != nil {
			p.t.Fatalf("%s is told more of a case that is gone than that it is: %v", w.name, m.kase)
		}
		if !ever(k.stood[:len(k.stood)-1]) {
			p.t.Fatalf("%s is told that %v is gone, which was never there", w.name, k)
		}
	case !ever(k.stood[cut:]) || m.kase.GetVersion() != uint64(cut+1) || m.kase.GetState() != k.stood[cut].state || m.kase.GetGrid() != k.stood[cut].parties.Grid:
		p.t.Fatalf("%s is told %v of %v", w.name, m.kase, k)
	}
}

// happens lets cases go on.
func (p *plays) happens(steps int) {
	for range steps {
		if len(p.cases) < 4 || p.random.IntN(5) == 0 {
			k := p.newWalk(1 + p.random.IntN(4))
			p.cases = append(p.cases, k)
			p.byID[k.c.ID] = k
			continue
		}
		p.cases[p.random.IntN(len(p.cases))].step(p.random)
	}
}

// acts lets a watcher do something: come, read, lose the connection, or nothing at all.
func (p *plays) acts(w *watcher) {
	switch {
	case w.reader == nil:
		if p.random.IntN(3) > 0 {
			p.comes(w)
		}
	case p.random.IntN(4) == 0:
		p.reads(w, p.random.IntN(4))
	case p.random.IntN(2) == 0:
		p.reads(w, -1)
	}
}

// settles lets every watcher come and read all that there is, and compares what it knows with the truth.
func (p *plays) settles(last map[int]uint64) {
	p.t.Helper()
	for _, w := range p.watchers {
		for end := time.Now().Add(20 * time.Second); ; {
			if w.reader == nil {
				p.comes(w)
			}
			p.reads(w, -1)
			if w.reader != nil && reached(w.place, last) {
				break
			}
			if time.Now().After(end) {
				p.t.Fatalf("%s is at %s, the log ends at %v", w.name, w.place, last)
			}
			if w.reader != nil {
				select {
				case <-w.reader.Ready():
				case <-time.After(10 * time.Millisecond): // its place may move without any message
				}
			}
		}
		want := map[string]uint64{}
		for _, k := range p.cases {
			if belongs(w.ask, k.now()) {
				want[k.c.ID] = uint64(len(k.stood))
			}
		}
		if diff := cmp.Diff(want, w.known); diff != "" {
			p.t.Fatalf("%s shows something else than there is (-want +shown):\n%s", w.name, diff)
		}
		p.counts(w)
	}
}

// counts holds the counters that a watcher was told last to the cases.
func (p *plays) counts(w *watcher) {
	p.t.Helper()
	if w.resets > 0 {
		return // it would have to read them anew
	}
	for code, told := range w.grids {
		var open, ended uint64
		for _, k := range p.cases {
			if strings.HasPrefix(k.now().parties.Grid, code) {
				switch k.now().state {
				case closed:
					ended++
				case voided:
				default:
					open++
				}
			}
		}
		if told.GetOpen() != open || told.GetClosed() != ended {
			p.t.Fatalf("%s shows %v of area %s, want %d open, %d closed", w.name, told, code, open, ended)
		}
	}
}

func reached(place string, last map[int]uint64) bool {
	at, err := live.ParseCursor(referencetest.District, place)
	if err != nil {
		return false
	}
	for year, seq := range last {
		if at[year] < seq {
			return false
		}
	}
	return true
}

// TestWhoeverComesAndGoesEndsWithTheStateOfTheLogAndSeesNothingElse: cases go random ways while readers of random subjects and scopes read,
// fall behind, lose their streams in the middle of what they were sent, come back, and the hub itself starts over. In the end each shows
// exactly the cases that are its own, in their last version; and at no time was it told of one that was not.
func TestWhoeverComesAndGoesEndsWithTheStateOfTheLogAndSeesNothingElse(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]live.Options{
		"from memory":              {Pace: time.Millisecond},
		"from the log":             {Pace: time.Millisecond, Ring: 8},
		"with small buffers":       {Pace: time.Millisecond, Ring: 16, Buffer: 12},
		"with the state read anew": {Pace: time.Millisecond, Ring: 4, Reach: 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seed := uint64(time.Now().UnixNano())
			t.Logf("seed %d", seed)
			p := &plays{city: newCity(t, o), random: rand.New(rand.NewPCG(seed, 1)), byID: map[string]*walk{}}
			p.project()
			p.invites()
			for round := range 6 {
				for range 25 {
					p.happens(p.random.IntN(4))
					for _, w := range p.watchers {
						p.acts(w)
					}
				}
				last := map[int]uint64{}
				for _, k := range p.cases {
					last[k.c.Year] = max(last[k.c.Year], k.last.Seq)
				}
				p.settles(last)
				if round == 2 {
					for _, w := range p.watchers {
						p.goes(w)
					}
					p.restart(o)
				}
			}
			resets, comes := 0, 0
			for _, w := range p.watchers {
				resets += w.resets
				comes += w.comes
			}
			t.Logf("%d cases, %d streams of %d readers, %d of them started anew", len(p.cases), comes, len(p.watchers), resets)
			if resets > 0 && o.Reach == 0 && o.Buffer == 0 {
				t.Errorf("%d streams lost their place", resets)
			}
		})
	}
}

// invites are readers of each kind.
func (p *plays) invites() {
	district, roads := referencetest.District, p.as("roads-manager")
	for name, s := range map[string]live.Subscription{
		"an acceptor of the district":         {Subject: live.Subject{Area: district}, Scope: p.as("acceptor")},
		"a supervisor of a unit grid":         {Subject: live.Subject{Area: referencetest.Cell(2)}, Scope: p.as("supervisor")},
		"a department's manager of a street":  {Subject: live.Subject{Area: district + "001"}, Scope: roads},
		"a department's manager of the queue": {Subject: live.Subject{Queue: "department:roads"}, Scope: roads},
		"a worker of the district":            {Subject: live.Subject{Area: district}, Scope: p.as("worker-1")},
		"a worker of the own queue":           {Subject: live.Subject{Queue: "worker:" + referencetest.UserID("worker-2")}, Scope: p.as("worker-2")},
		"a dispatcher of the queue":           {Subject: live.Subject{Queue: "dispatcher"}, Scope: p.as("dispatcher")},
		"a leader of the acceptors' queue":    {Subject: live.Subject{Queue: "acceptor"}, Scope: p.as("leader")},
		"somebody of nothing":                 {Subject: live.Subject{Area: district}, Scope: access.Scope{District: district}},
	} {
		s.User = name
		p.watchers = append(p.watchers, &watcher{name: name, ask: s, known: map[string]uint64{}, grids: map[string]*gridcasev1.LiveGrid{}})
	}
	slices.SortFunc(p.watchers, func(a, b *watcher) int { return strings.Compare(a.name, b.name) })
}
