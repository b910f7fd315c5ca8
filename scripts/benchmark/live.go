package main

import (
	"context"
	"fmt"
	"path/filepath"
	"syscall"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/eventstore"
)

// mostReaders is how many live streams are open while one change after the other is told.
const mostReaders = 1000

// live measures how long a change takes from its acknowledgement to all who watch its area: the projector and the query service are the
// product's process, the log, the database and those who watch run beside.
func (b *bench) live(ctx context.Context) (*section, error) {
	readers := min(mostReaders, b.cases)
	sec := &section{Name: "live", Title: fmt.Sprintf("Live streams: one change to %s subscribers of its unit grid and the areas above", number(float64(readers)))}
	h, err := openHouse(ctx, filepath.Join(b.dir, "live-nats"), "127.0.0.1:0", true)
	if err != nil {
		return nil, err
	}
	defer h.close()
	if err := h.open(ctx, 1); err != nil {
		return nil, err
	}
	if _, err := h.directory.PublishAccess(ctx, watchers(readers)); err != nil {
		return nil, err
	}
	db, err := startDatabase(ctx, filepath.Join(b.dir, "live-postgres"))
	if err != nil {
		return nil, err
	}
	defer b.stop(db)
	i, err := install(ctx, b.binary, filepath.Join(b.dir, "live"), "serve", "projector", "query", "--nats-url", h.broker.ClientURL(), "--postgres-url", db.DSN("postgres"))
	if err != nil {
		return nil, err
	}
	defer i.end(syscall.SIGTERM)
	took, heap, err := b.fanOut(ctx, h, i, readers)
	if err != nil {
		return nil, err
	}
	consumers, err := headConsumers(ctx, h)
	if err != nil {
		return nil, err
	}
	sec.Rows = []row{{"one change after the other", []cell{{"p50", milliseconds(took.quantile(0.5)), "ms"}, {"p99", milliseconds(took.quantile(0.99)), "ms"},
		{"consumers of the log", float64(consumers), ""}, {"memory a subscriber", heap, "kB"}}}}
	sec.Targets = []target{atMost("a change to all subscribers: p99", 100, "ms").judge(milliseconds(took.quantile(0.99))),
		atMost("consumers of the log for all subscribers", 1, "").judge(float64(consumers))}
	return sec, nil
}

// perUser is how many streams one user opens.
const perUser = 20

// watchers are the district's people with as many supervisors as it takes.
func watchers(readers int) *gridcasev1.PublishAccess {
	people := district(0).people()
	for n := range readers/perUser + 1 {
		u := user{0, "supervisor", n}
		people.Users = append(people.Users, &gridcasev1.User{Id: u.id(), Name: u.name(), Role: gridcasev1.Role_ROLE_SUPERVISOR, TokenSha256: access.TokenHash(u.token())})
	}
	return people
}

// fanOut lets cases of one unit grid go their way and returns how long each change took to each who watches, and what one costs the process
// in memory, in kB.
func (b *bench) fanOut(ctx context.Context, h *house, i *installation, readers int) (took histogram, heap float64, err error) {
	people, err := h.people(1)
	if err != nil {
		return took, 0, err
	}
	w := &writer{h.commands, people}
	tell := func(s *story, n int) (time.Time, error) {
		err := w.do(ctx, 0, s, &way[n], way[n].make(s))
		return time.Now(), err
	}
	first := newStory(0, 0)
	if _, err := tell(first, 0); err != nil { // the log is there, and the views follow it
		return took, 0, err
	}
	at := eventstore.Position{District: first.district.code(), Year: time.Now().UTC().Year(), Seq: 1}
	if err := i.awaitViews(ctx, at.District, at.String()); err != nil {
		return took, 0, err
	}
	before, err := i.heap(ctx)
	if err != nil {
		return took, 0, err
	}
	crowd, err := openCrowd(ctx, i.url, readers, first)
	if err != nil {
		return took, 0, err
	}
	defer crowd.close()
	for round := range max(2, b.rounds) {
		s := newStory(0, uint64(round+1)*unitGrids) // in the same unit grid
		for n := range way[:usual] {
			acked, err := tell(s, n)
			if err != nil {
				return took, 0, err
			}
			if err := crowd.await(ctx, s.id, n+1, acked, &took); err != nil {
				return took, 0, err
			}
		}
	}
	after, err := i.heap(ctx)
	return took, max(0, after-before) / float64(readers) / 1000, err
}

// heap is what the process's heap and stacks take, in bytes.
func (i *installation) heap(ctx context.Context) (float64, error) {
	found, err := i.scrape(ctx)
	return found["go_memstats_heap_inuse_bytes"] + found["go_memstats_stack_inuse_bytes"], err
}

// headConsumers counts the broker's consumers that serve live streams: those that get no payload.
func headConsumers(ctx context.Context, h *house) (n int, err error) {
	js, err := jetstream.New(h.conn)
	if err != nil {
		return 0, err
	}
	streams, err := h.log.Streams(ctx)
	if err != nil {
		return 0, err
	}
	for _, s := range streams {
		stream, err := js.Stream(ctx, s.Name())
		if err != nil {
			return 0, err
		}
		list := stream.ListConsumers(ctx)
		for info := range list.Info() {
			if info.Config.HeadersOnly {
				n++
			}
		}
		if list.Err() != nil {
			return 0, list.Err()
		}
	}
	return n, nil
}
