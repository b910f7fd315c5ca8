package live_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/live"
	"github.com/gridcase/gridcase/pkg/natsd"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

const district = referencetest.District

// everything is the whole district, seen by a desk of the centre.
func (c *city) everything() live.Subscription {
	return live.Subscription{Subject: live.Subject{Area: district}, Scope: c.as("acceptor"), User: "acceptor"}
}

// after is a subscription from a place on.
func after(t *testing.T, s live.Subscription, place string) live.Subscription {
	t.Helper()
	var err error
	if s.After, err = live.ParseCursor(district, place); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestOneChangeReachesTwoHundredReadersByOneConsumerOfTheLog(t *testing.T) {
	t.Parallel()
	c := newCity(t, live.Options{})
	c.project()
	first := c.newWalk(1)
	readers := make([]*live.Reader, 200)
	for i := range readers {
		s := c.everything()
		s.Area, s.User = []string{district, district + "001", district + "001001", referencetest.Cell(1)}[i%4], fmt.Sprint(i)
		readers[i] = c.subscribe(s)
	}
	first.file()
	var group sync.WaitGroup
	for _, r := range readers {
		group.Go(func() { c.until(r, "the change", says(first)) })
	}
	group.Wait()
	if n := c.hub.Readers(); n != len(readers) {
		t.Errorf("%d readers, want %d", n, len(readers))
	}
	if n := c.consumers(); n != 1 {
		t.Errorf("the broker has %d consumers of heads for %d readers, want 1", n, len(readers))
	}
}

// consumers counts those of the log that get no payload: the hub's.
func (c *city) consumers() (n int) {
	c.t.Helper()
	js, err := jetstream.New(c.conn)
	if err != nil {
		c.t.Fatal(err)
	}
	s, err := js.Stream(c.t.Context(), fmt.Sprintf("CASES_%s_%04d", district, time.Now().UTC().Year()))
	if err != nil {
		c.t.Fatal(err)
	}
	list := s.ListConsumers(c.t.Context())
	for info := range list.Info() {
		if info.Config.HeadersOnly {
			n++
		}
	}
	if list.Err() != nil {
		c.t.Fatal(list.Err())
	}
	return n
}

func TestCountersComeWithTheChangeThatMovesThemAndBeforeIt(t *testing.T) {
	t.Parallel()
	c := newCity(t, live.Options{})
	c.project()
	r := c.subscribe(c.everything())
	k := c.newWalk(1)
	c.until(r, "the report", says(k))
	k.file()
	k.void()
	all := c.until(r, "the end", says(k))
	areas := map[string]string{}
	for _, m := range all {
		if m.grid != nil {
			areas[m.grid.GetCode()] = fmt.Sprintf("%d open", m.grid.GetOpen())
		}
	}
	for _, code := range []string{district, district + "001", district + "001001", referencetest.Cell(1)} {
		if areas[code] != "0 open" {
			t.Errorf("area %s: %q, want that none is open", code, areas[code])
		}
	}
	if last := all[len(all)-1]; last.kase.GetCaseId() != k.c.ID || last.At != k.position().String() {
		t.Errorf("the last message is %s %s, want the case's at %s", last.Kind, last.At, k.position())
	}
}

func TestAReaderStartsWhereItsStateWasRead(t *testing.T) {
	t.Parallel()
	c := newCity(t, live.Options{})
	c.project()
	old, between := c.newWalk(1), c.newWalk(1)
	place := old.position().String() // the state is read here
	between.file()
	r := c.subscribe(after(t, c.everything(), place))
	all := c.until(r, "what happened between", says(between))
	if all[0].Kind != live.Start || all[0].At != place || slices.ContainsFunc(all, says(old)) {
		t.Errorf("a reader that begins at %s is told %v", place, all)
	}
}

func TestWhatMemoryDoesNotHoldIsReadFromTheLog(t *testing.T) {
	t.Parallel()
	o := live.Options{Ring: 4}
	c := newCity(t, o)
	c.project()
	var cases []*walk
	for n := range 20 {
		cases = append(cases, c.newWalk(1+n%4))
	}
	for _, k := range cases {
		k.file()
	}
	c.restart(o)
	r := c.subscribe(after(t, c.everything(), cases[2].stood[0].position()))
	seen := map[string]uint64{}
	for _, m := range c.until(r, "the last change", says(cases[19])) {
		if m.kase != nil {
			seen[m.kase.GetCaseId()] = m.kase.GetVersion()
		}
	}
	for _, k := range cases {
		if seen[k.c.ID] != 2 {
			t.Errorf("%v is told in version %d, want 2", k, seen[k.c.ID])
		}
	}
}

func (s stood) position() string {
	return eventstore.Position{District: district, Year: time.Now().UTC().Year(), Seq: s.seq}.String()
}

func TestAPlaceThatIsLostIsSaidToBe(t *testing.T) {
	t.Parallel()
	o := live.Options{Ring: 2, Reach: 5}
	c := newCity(t, o)
	c.project()
	k := c.newWalk(1)
	for range 12 {
		k.note()
	}
	c.restart(o)
	for why, place := range map[string]string{"log.far": k.stood[0].position(), "log.shorter": stood{seq: 999}.position()} {
		r := c.subscribe(after(t, c.everything(), place))
		all := c.until(r, "that the place is lost", isKind(live.Reset))
		if m := all[len(all)-1]; m.start.GetReset_() != why || m.At != k.position().String() || m.start.GetPositions()[0] != m.At {
			t.Errorf("from %s: %v, want %s at %s", place, m.start, why, k.position())
		}
		k.note()
		c.until(r, "what happens from there on", says(k))
	}
}

func TestStreamsOutliveTheBroker(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	node := listen(t, dir, "127.0.0.1:0")
	address := strings.TrimPrefix(node.ClientURL(), "nats://")
	conn, err := natsd.Dial(node.ClientURL(), "", t.Name())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	c := newCityOn(t, live.Options{}, conn)
	c.project()
	r := c.subscribe(c.everything())
	k := c.newWalk(1)
	c.until(r, "the report", says(k))
	node.Close()
	if messages, _, err := c.take(r); err != nil || len(messages) > 0 {
		t.Errorf("with the broker away the reader is told %v (%v)", messages, err)
	}
	listen(t, dir, address)
	c.again(k.file)
	for _, m := range c.until(r, "what happened since", says(k)) {
		if m.Kind == live.Reset {
			t.Errorf("the reader lost its place: %v", m.start)
		}
	}
}

// listen starts a node on a directory that may have been another's.
func listen(t *testing.T, dir, address string) *natsd.Server {
	t.Helper()
	s, err := natsd.Start(natsd.Options{Dir: dir, Listen: address, UnsafeFilesystem: true, MaxFileStore: 4 << 30})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// again appends as soon as the broker takes it.
func (c *city) again(act func()) {
	c.t.Helper()
	for end := time.Now().Add(30 * time.Second); c.log.Ready(c.t.Context()) != nil; <-time.After(50 * time.Millisecond) {
		if time.Now().After(end) {
			c.t.Fatal("the broker does not come back")
		}
	}
	act()
}

func TestReadersHearThatTheViewsStandStill(t *testing.T) {
	t.Parallel()
	c := newCity(t, live.Options{})
	stop := c.project()
	r := c.subscribe(c.everything())
	k := c.newWalk(1)
	c.until(r, "the report", says(k))
	stop()
	k.file()
	all := c.until(r, "that it is stale", func(m told) bool { return m.fresh.GetStale() })
	if slices.ContainsFunc(all, says(k)) {
		t.Error("a change is told that no query shows")
	}
	late := c.subscribe(c.everything())
	c.until(late, "that it is stale", func(m told) bool { return m.fresh.GetStale() })
	c.project()
	for _, r := range []*live.Reader{r, late} {
		all = c.until(r, "the change", says(k))
		if !slices.ContainsFunc(all, func(m told) bool { return m.fresh != nil && !m.fresh.GetStale() }) {
			t.Errorf("that it is no longer stale is not said: %v", all)
		}
	}
}

func TestAReaderThatDoesNotReadIsEnded(t *testing.T) {
	t.Parallel()
	c := newCity(t, live.Options{Buffer: 10})
	c.project()
	slow, quick := c.subscribe(c.everything()), c.subscribe(c.everything())
	for range 12 {
		k := c.newWalk(1)
		c.until(quick, "the report", says(k))
	}
	if _, _, err := c.take(slow); !errors.Is(err, live.ErrSlow) || c.hub.Dropped() != 1 {
		t.Errorf("who never reads: %v, %d dropped; want that it is too slow", err, c.hub.Dropped())
	}
}

func TestOtherRightsAreAnotherState(t *testing.T) {
	t.Parallel()
	c := newCity(t, live.Options{})
	c.project()
	s := c.everything()
	s.Scope = c.as("worker-1")
	r := c.subscribe(s)
	theirs := c.newWalk(3)
	r.Rescope(s.Scope)
	if all := c.until(r, "counters of where nothing else is seen", isKind(live.Area)); slices.ContainsFunc(all, isKind(live.Reset)) || slices.ContainsFunc(all, isKind(live.Case)) {
		t.Errorf("with the rights that were there a worker is told %v of another's unit grid", all)
	}
	r.Rescope(access.Scope{District: district, Areas: []string{referencetest.Cell(3)}, User: s.Scope.User})
	c.until(r, "that the state is another", func(m told) bool { return m.start.GetReset_() == "access.scope" })
	theirs.file()
	c.until(r, "what is seen now", says(theirs))
}

func TestThereAreAsManyReadersAsAreAllowed(t *testing.T) {
	t.Parallel()
	c := newCity(t, live.Options{Readers: 3, PerUser: 2})
	ask := func(user string) live.Subscription {
		s := c.everything()
		s.User = user
		return s
	}
	first := c.subscribe(ask("a"))
	c.subscribe(ask("a"))
	refused := func(user, code string) {
		t.Helper()
		if _, err := c.hub.Subscribe(t.Context(), ask(user)); fault.Of(err).Code != code || fault.Of(err).After == 0 {
			t.Errorf("%s: %v, want %s with a time to come again", user, err, code)
		}
	}
	refused("a", "live.too_many")
	c.subscribe(ask("b"))
	refused("c", "live.full")
	first.Close()
	first.Close() // counts once
	c.subscribe(ask("a"))
	refused("c", "live.full")
}

func TestAPlaceIsOfTheDistrict(t *testing.T) {
	t.Parallel()
	for text, code := range map[string]string{"": "position.malformed", "610399-2026:1,": "position.malformed", "yesterday": "position.malformed", "610303-2026:7": "position.district"} {
		if _, err := live.ParseCursor(district, text); fault.Of(err).Code != code || fault.Of(err).Field != "after" {
			t.Errorf("%q: %v, want %s", text, err, code)
		}
	}
	c, err := live.ParseCursor(district, "610399-2026:17,610399-2025:3,610399-2026:4")
	if err != nil || c.Text(district) != "610399-2025:3,610399-2026:17" {
		t.Errorf("%v, %v", c, err)
	}
}
