package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"syscall"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/eventstore"
)

// start measures how long 'gridcase up' takes until it is ready: in an empty directory, on a log that is there, and there after a kill.
func (b *bench) start(ctx context.Context) (*section, error) {
	var empty []float64
	for n := range b.rounds {
		i, err := install(ctx, b.binary, filepath.Join(b.dir, fmt.Sprintf("start-%d", n)), "up", "--unsafe-lazy-sync")
		if err != nil {
			return nil, err
		}
		i.end(syscall.SIGTERM)
		empty = append(empty, i.ready.Seconds())
	}
	s, err := b.seeded(ctx, max(b.cases/8, b.open+1), b.open)
	if err != nil {
		return nil, err
	}
	if err := b.settled(ctx, s); err != nil {
		return nil, err
	}
	var full, killed []float64
	for range b.rounds {
		for _, how := range []struct {
			signal syscall.Signal
			took   *[]float64
		}{{syscall.SIGKILL, &full}, {syscall.SIGTERM, &killed}} { // the end of one start is how the next one finds it
			i, err := install(ctx, b.binary, s.dir, "up", "--unsafe-lazy-sync")
			if err != nil {
				return nil, err
			}
			i.end(how.signal)
			*how.took = append(*how.took, i.ready.Seconds())
		}
	}
	on := fmt.Sprintf("on a log of %s events", number(float64(s.Events)))
	ready := func(name string, took []float64) row { return row{name, []cell{{"ready after", median(took), "s"}}} }
	return &section{Name: "start", Title: "Start of gridcase up, until it says that it is ready",
		Rows: []row{ready("in an empty directory", empty), ready(on, full), ready(on+", after SIGKILL", killed)},
		Targets: []target{atMost("in an empty directory", 10, "s").judge(median(empty)), atMost(on, 3, "s").judge(median(full)),
			atMost(on+", after SIGKILL", 3, "s").judge(median(killed))}}, nil
}

// settled lets the product work on a log once, until its views and its process managers have nothing left to do.
func (b *bench) settled(ctx context.Context, s *seed) error {
	i, err := install(ctx, b.binary, s.dir, "up", "--unsafe-lazy-sync")
	if err != nil {
		return err
	}
	defer i.end(syscall.SIGTERM)
	b.progress("the views and the process managers of %s events catch up", number(float64(s.Events)))
	end, err := i.operator().Query.ReadLog(ctx, &gridcasev1.ReadLogRequest{District: district(0).code(), Limit: 1})
	if err != nil {
		return client.Fault(err)
	}
	at := eventstore.Position{District: district(0).code(), Year: s.Made.UTC().Year(), Seq: end.GetLast()}
	if err := i.awaitViews(ctx, at.District, at.String()); err != nil {
		return err
	}
	return i.awaitRest(ctx)
}

// awaitRest waits until the process takes less than a twentieth of a processor, over three seconds in a row.
func (i *installation) awaitRest(ctx context.Context) error {
	last, _, err := treeCPU(i.pid())
	for calm := 0; calm < 3; calm++ {
		if err := errors.Join(err, sleepUntil(ctx, time.Now().Add(time.Second))); err != nil {
			return err
		}
		var now time.Duration
		if now, _, err = treeCPU(i.pid()); now-last > 50*time.Millisecond {
			calm = -1
		}
		last = now
	}
	return err
}
