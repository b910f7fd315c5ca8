package projection_test

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel/casestatus"
	"github.com/gridcase/gridcase/pkg/readmodel/timeline"
)

// half fills views from a log until the first batch is committed, and crashes.
func half(t *testing.T, o projection.Options) {
	t.Helper()
	o.Step = func(step string) error {
		if step == "after commit" {
			return errCrash
		}
		return nil
	}
	if err := projection.New(o).Run(t.Context()); !errors.Is(err, errCrash) {
		t.Fatalf("the projector ended with %v, want the crash", err)
	}
}

// Both hold the names of the schemas for a moment: the end of a filling, which is slow here, and a swap that wants to change them.
func TestAFillingEndsWhileAnotherViewIsSwappedIn(t *testing.T) {
	t.Parallel()
	m := newMingled(t)
	m.report(t, 1200)
	pool := newPool(t, pgtest.New(t))
	c := projection.Control{Pool: pool, Log: m.log}
	var late atomic.Int64
	atEnd, goOn, swapping := make(chan struct{}), make(chan struct{}), make(chan struct{}, 9)
	start(t, projection.New(sorting(t, m.log, pool, func(step string) error {
		switch step {
		case "late before turn":
			if late.Add(1) == 2 { // the end of the first rebuild's filling
				close(atEnd)
				<-goOn
			}
		case "before swap":
			swapping <- struct{}{}
		}
		return nil
	}, casestatus.View{}, timeline.View{})))
	eventually(t, "the views hold all", holdsAll(pool, m.last, 2))
	first, err := c.Rebuild(t.Context(), casestatus.View{}.Name())
	if err != nil {
		t.Fatal(err)
	}
	<-atEnd
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `select * from projection.checkpoints where generation = $1 for update`, first); err != nil {
		t.Fatal(err)
	}
	close(goOn)
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	second, err := c.Rebuild(t.Context(), timeline.View{}.Name())
	if err != nil {
		t.Fatal(err)
	}
	<-swapping
	eventually(t, "both are swapped in", func() bool {
		return serves(c, casestatus.View{}.Name(), first)() && serves(c, timeline.View{}.Name(), second)()
	})
}

// What is half filled can only be filled to its end by sorting: it waits for the room to do that, and no other stream waits with it.
func TestAFillingThatCannotBeSortedAnyMoreWaitsAlone(t *testing.T) {
	t.Parallel()
	m := newMingled(t)
	m.report(t, 4500)
	pool := newPool(t, pgtest.New(t))
	half(t, sorting(t, m.log, pool, nil, views()...))
	other := m.addTo(t, "610303", script(50, 9))
	core, seen := observer.New(zap.WarnLevel)
	o := sorting(t, m.log, pool, nil, views()...)
	o.Scratch, o.Logger, o.SortFrom = filepath.Join(o.Scratch, "gone"), zap.New(core), 9 // worth it for both
	start(t, projection.New(o))
	eventually(t, "the other stream is projected", func() bool { return positionIn(pool, "CASES_610303%") == other.Seq })
	eventually(t, "somebody is told", func() bool { return seen.FilterMessageSnippet("can't be sorted").Len() > 0 })
	if err := os.Mkdir(o.Scratch, 0o700); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the filling ends", func() bool { return positionIn(pool, "CASES_610302%") == m.last.Seq })
	if n := seen.FilterMessage("projector starts over").Len(); n > 0 {
		t.Errorf("the projector started over %d times", n)
	}
}

// Which streams are worth to be sorted may change between two runs; what has begun so ends so.
func TestAFillingThatHasBegunEndsHoweverShortItIs(t *testing.T) {
	t.Parallel()
	m := newMingled(t)
	m.report(t, 3000)
	pool := newPool(t, pgtest.New(t))
	half(t, sorting(t, m.log, pool, nil, views()...))
	o := sorting(t, m.log, pool, nil, views()...)
	o.SortFrom = 20_000
	start(t, projection.New(o))
	eventually(t, "the views hold all", holdsAll(pool, m.last, len(views())))
}

func TestARebuildThatIsGivenUpDuringItsFillingIsNoFaultOfTheLog(t *testing.T) {
	t.Parallel()
	m := newMingled(t)
	m.report(t, 4500)
	pool := newPool(t, pgtest.New(t))
	c := projection.Control{Pool: pool, Log: m.log}
	core, seen := observer.New(zap.ErrorLevel)
	folding, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	o := sorting(t, m.log, pool, func(step string) error {
		if step == "late before begin" {
			once.Do(func() { close(folding); <-goOn })
		}
		return nil
	}, casestatus.View{})
	o.Logger = zap.New(core)
	start(t, projection.New(o))
	eventually(t, "the views hold all", holdsAll(pool, m.last, 1))
	if _, err := c.Rebuild(t.Context(), casestatus.View{}.Name()); err != nil {
		t.Fatal(err)
	}
	<-folding
	if _, err := c.Drop(t.Context(), casestatus.View{}.Name()); err != nil {
		t.Fatal(err)
	}
	close(goOn)
	eventually(t, "it is dropped", func() bool { return schemas(t, pool, casestatus.View{}.Name()+"%") == 1 })
	for _, e := range seen.All() {
		t.Error(e.Message, e.ContextMap())
	}
}
