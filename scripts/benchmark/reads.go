package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/eventstore"
)

const (
	// writesMeanwhile is how many events a second come in while reads are measured.
	writesMeanwhile = 5000
	// readsMeanwhile is how many reads of each kind are sent a second.
	readsMeanwhile = 50
)

// read is one kind of question.
type read struct {
	name, procedure string
	ask             func(ctx context.Context, c *client.Client, caseID string) error
}

var reads = []read{
	{"one case", "GetCase", func(ctx context.Context, c *client.Client, caseID string) error {
		_, err := c.Query.GetCase(ctx, &gridcasev1.GetCaseRequest{Case: &gridcasev1.CaseRef{District: district(0).code(), CaseId: caseID}})
		return err
	}},
	{"a page of a queue", "ListQueue", func(ctx context.Context, c *client.Client, _ string) error {
		_, err := c.Query.ListQueue(ctx, &gridcasev1.ListQueueRequest{District: district(0).code(), Queue: "dispatcher"})
		return err
	}},
	{"the district's grid map", "GetGridMap", func(ctx context.Context, c *client.Client, _ string) error {
		_, err := c.Query.GetGridMap(ctx, &gridcasev1.GetGridMapRequest{District: district(0).code(), TotalsOnly: true})
		return err
	}},
}

// queries measures the time that reads take in the server, on a small and a large number of closed cases, while events come in. The log and
// the database run beside, the projector and the query service are the product's process.
func (b *bench) queries(ctx context.Context) (*section, error) {
	sec := &section{Name: "reads", Title: fmt.Sprintf("Reads, p99 in the server: %s unit grids, %s events a second come in, %d reads of each kind a second",
		number(unitGrids), number(writesMeanwhile), readsMeanwhile)}
	for _, cases := range []int{b.small, b.cases} {
		took, came, err := b.readFrom(ctx, cases)
		if err != nil {
			return nil, err
		}
		cells := []cell{{"came in", came, "/s"}}
		for i, r := range reads {
			cells = append(cells, cell{r.name, took[i], "ms"})
			if cases == b.cases {
				sec.Targets = append(sec.Targets, atMost(fmt.Sprintf("%s of %s cases: p99", r.name, number(float64(cases))), 5, "ms").judge(took[i]))
			}
		}
		sec.Rows = append(sec.Rows, row{number(float64(cases)) + " cases", cells})
	}
	return sec, nil
}

// readFrom returns the p99 of each kind of read in milliseconds, and the events that came in a second meanwhile.
func (b *bench) readFrom(ctx context.Context, cases int) (took []float64, came float64, err error) {
	s, err := b.seeded(ctx, cases, b.open)
	if err != nil {
		return nil, 0, err
	}
	h, err := openHouse(ctx, filepath.Join(s.dir, "nats"), "127.0.0.1:0", true)
	if err != nil {
		return nil, 0, err
	}
	defer h.close()
	db, err := startDatabase(ctx, filepath.Join(s.dir, "postgres"))
	if err != nil {
		return nil, 0, err
	}
	defer b.stop(db)
	i, err := install(ctx, b.binary, filepath.Join(b.dir, fmt.Sprintf("reads-%d", cases)), "serve", "projector", "query",
		"--nats-url", h.broker.ClientURL(), "--postgres-url", db.DSN("postgres"), "--vault-key-file", filepath.Join(s.dir, "vault.key"))
	if err != nil {
		return nil, 0, err
	}
	defer i.end(syscall.SIGTERM)
	stream, err := h.log.Stream(ctx, district(0).code(), s.Made.UTC().Year())
	if err != nil {
		return nil, 0, err
	}
	b.progress("the views of %s cases catch up", number(float64(cases)))
	if err := i.awaitViews(ctx, stream.District, eventstore.Position{District: stream.District, Year: stream.Year, Seq: stream.Last}.String()); err != nil {
		return nil, 0, err
	}
	return b.readMeanwhile(ctx, h, i, stream)
}

// readMeanwhile reads while events come in.
func (b *bench) readMeanwhile(ctx context.Context, h *house, i *installation, stream eventstore.Stream) (took []float64, came float64, err error) {
	ids, err := sampleCases(ctx, h.log, stream, 500)
	if err != nil {
		return nil, 0, err
	}
	length := 4 * b.window
	parts, err := b.model(ctx, int(length.Seconds()*writesMeanwhile)/len(way)+1, 512)
	if err != nil {
		return nil, 0, err
	}
	before, err := i.scrape(ctx)
	if err != nil {
		return nil, 0, err
	}
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		wrote, err := (&pacer{log: h.log, parts: parts, rate: writesMeanwhile}).run(gctx)
		came = float64(len(parts)) / wrote.Seconds()
		return err
	})
	asker := client.New(i.url, user{0, "dispatcher", 0}.token())
	for _, r := range reads {
		g.Go(func() error { return r.steadily(gctx, asker, ids, length) })
	}
	if err := g.Wait(); err != nil {
		return nil, 0, err
	}
	after, err := i.scrape(ctx)
	if err != nil {
		return nil, 0, err
	}
	for _, r := range reads {
		q, err := callQuantile(before, after, "/gridcase.v1.QueryService/"+r.procedure, 0.99)
		if err != nil {
			return nil, 0, err
		}
		took = append(took, 1000*q)
	}
	return took, came, nil
}

// steadily asks again and again, whether the last answer is there or not.
func (r *read) steadily(ctx context.Context, c *client.Client, ids []string, length time.Duration) error {
	g, ctx := errgroup.WithContext(ctx)
	begun := time.Now()
	for n := range int(length.Seconds() * readsMeanwhile) {
		if err := sleepUntil(ctx, begun.Add(time.Duration(n)*time.Second/readsMeanwhile)); err != nil {
			break
		}
		g.Go(func() error { return r.ask(ctx, c, ids[rand.IntN(len(ids))]) })
	}
	return g.Wait()
}

// sampleCases returns the ids of cases at random places of the log.
func sampleCases(ctx context.Context, log *eventstore.Log, stream eventstore.Stream, n int) (ids []string, err error) {
	for range n {
		e, err := log.At(ctx, stream, 1+rand.Uint64N(stream.Last))
		if err != nil {
			return nil, err
		}
		ids = append(ids, e.CaseID)
	}
	return ids, nil
}
