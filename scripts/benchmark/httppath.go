package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/fault"
)

const httpNothing = "HTTP that does nothing"

// http measures whole systems over HTTP, each in processes of its own: gridcase with its log, its database, its process managers and all
// its views, whose catching up belongs to the work; the peers with their database.
func (b *bench) http(ctx context.Context) (*section, error) {
	sec := &section{Name: "http", Title: fmt.Sprintf("Whole system over HTTP, %d clients, the same requests to all, each report with a text; gridcase with all views kept up, texts sealed in its vault", b.clients)}
	var serial atomic.Uint64
	db, err := startDatabase(ctx, filepath.Join(b.dir, "http-postgres"))
	if err != nil {
		return nil, err
	}
	defer b.stop(db)
	all := []contestant{b.httpPeer(httpNothing, "nothing", nil, "", durabilities[0], &serial)}
	for _, d := range durabilities {
		ours, end, err := b.httpGridcase(ctx, d, &serial)
		if err != nil {
			return nil, err
		}
		defer end()
		all = append(all, ours...)
		for _, p := range []string{tunedCRUD, counterCRUD} {
			key := map[string]string{tunedCRUD: "crud", counterCRUD: "counters"}[p]
			dsn, err := db.fresh(ctx, key+"_"+d.name)
			if err != nil {
				return nil, err
			}
			if err := makeTables(ctx, dsn, peers[key].tables); err != nil {
				return nil, err
			}
			all = append(all, b.httpPeer(named(p, d.name), key, db, dsn, d, &serial))
		}
	}
	outcomes, err := b.compete(ctx, all)
	if err != nil {
		return nil, err
	}
	sec.add(outcomes, part{"client", (*sample).clientCost}, part{"server process", (*sample).processCost}, part{"PostgreSQL", (*sample).postgresCost})
	sec.Targets = httpTargets(outcomes)
	sec.Notes = b.httpBounds(outcomes)
	return sec, nil
}

// httpGridcase is the product itself: one process, in one district, and strict in many too.
func (b *bench) httpGridcase(ctx context.Context, d durability, serial *atomic.Uint64) (all []contestant, end func(), err error) {
	verb := []string{"up"}
	if d.lazy {
		verb = append(verb, "--unsafe-lazy-sync")
	}
	i, err := install(ctx, b.binary, filepath.Join(b.dir, "http-"+d.name), verb...)
	if err != nil {
		return nil, nil, err
	}
	end = func() { i.end(syscall.SIGTERM) }
	if err := i.open(ctx, many+1); err != nil {
		end()
		return nil, nil, err
	}
	all = append(all, b.httpOurs(named(gridcase, d.name), i, 0, 1, serial))
	if !d.lazy {
		all = append(all, b.httpOurs(named(gridcase, over(d)), i, 1, many, serial))
	}
	return all, end, nil
}

func (b *bench) httpOurs(name string, i *installation, begin district, districts int, serial *atomic.Uint64) contestant {
	w := newWire(i.url, b.clients)
	l := load{clients: b.clients, begin: begin, districts: districts, window: b.window, texts: true, meter: meter{own: true, trees: []int{i.pid()}}, serial: serial,
		settle: func(ctx context.Context) error {
			last, err := w.furthest()
			for code, at := range last {
				if err == nil {
					err = i.awaitViews(ctx, code, at.String())
				}
			}
			return err
		}}
	round := 0
	return contestant{name: name,
		run: func(ctx context.Context) (sample, error) {
			defer w.close()
			if round++; b.profile != "" && round == b.rounds+1 {
				profiled := b.profileOf(ctx, i, "http "+name)
				defer profiled()
			}
			return l.drive(ctx, w)
		},
		verify: func(ctx context.Context, operations uint64) error { return i.holds(ctx, begin, districts, operations) }}
}

// holds counts the events of districts in the log; one that no client came to has none.
func (i *installation) holds(ctx context.Context, begin district, districts int, operations uint64) error {
	var n uint64
	for d := begin; d < begin+district(districts); d++ {
		answer, err := i.operator().Query.ReadLog(ctx, &gridcasev1.ReadLogRequest{District: d.code(), Limit: 1})
		if err != nil && client.Fault(err).Kind != fault.NotFound {
			return client.Fault(err)
		}
		n += answer.GetLast()
	}
	return same(n, operations, nil)
}

// profileOf takes the installation's CPU profile while it works; the function waits for its end.
func (b *bench) profileOf(ctx context.Context, i *installation, name string) func() {
	done := make(chan struct{})
	go func() { // ends with the profile, for which the function waits
		defer close(done)
		url := fmt.Sprintf("%s/debug/pprof/profile?seconds=%d", i.admin, max(1, int(b.window.Seconds())))
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err == nil {
			err = keep(request, filepath.Join(b.profile, fileName(name)+".pprof"))
		}
		if err != nil {
			b.progress("no profile of %s: %v", name, err)
		}
	}()
	return func() { <-done }
}

func keep(request *http.Request, file string) error {
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close() // what was read is kept
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	_, err = f.ReadFrom(answer.Body)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

// httpPeer is a peer in a process that runs while it is measured.
func (b *bench) httpPeer(name, key string, db *database, dsn string, d durability, serial *atomic.Uint64) contestant {
	run := func(ctx context.Context) (sample, error) {
		addr, err := freeAddress()
		if err != nil {
			return sample{}, err
		}
		self, err := os.Executable()
		if err != nil {
			return sample{}, err
		}
		p, err := startProcess(self, peerVerb, key, addr, dsn, fmt.Sprint(b.pool), fmt.Sprint(d.lazy))
		if err != nil {
			return sample{}, err
		}
		defer p.end(syscall.SIGTERM)
		if _, err := p.awaitOK(ctx, "http://"+addr+"/readyz", 30*time.Second); err != nil {
			return sample{}, err
		}
		l := load{clients: b.clients, districts: 1, window: b.window, texts: true, meter: meter{own: true, trees: []int{p.pid()}}, serial: serial}
		if db != nil {
			l.meter.trees = append(l.meter.trees, db.pid)
		}
		w := newWire("http://"+addr, b.clients)
		defer w.close()
		return l.drive(ctx, w)
	}
	verify := func(ctx context.Context, operations uint64) error {
		if db == nil {
			return nil // it stores nothing
		}
		return peerStored(ctx, key, dsn, operations)
	}
	return contestant{name: name, run: run, verify: verify}
}

// httpTargets are the targets of the whole system.
func httpTargets(o []outcome) (all []target) {
	spread := over(durabilities[1])
	for _, c := range []struct{ ours, theirs string }{{"relaxed", "relaxed"}, {"strict", "strict"}, {spread, "strict"}} {
		all = append(all,
			atLeast(c.ours+": gridcase by CRUD with counters", 2, "").judgeRatio(o, named(gridcase, c.ours), named(counterCRUD, c.theirs), (*sample).rate),
			atMost(c.ours+": its CPU by that of CRUD with counters", 0.45, "").judgeRatio(o, named(gridcase, c.ours), named(counterCRUD, c.theirs), (*sample).cost))
	}
	for _, c := range []struct{ ours, theirs string }{{"relaxed", "relaxed"}, {spread, "strict"}} {
		all = append(all,
			atLeast(c.ours+": gridcase by the tuned CRUD", 1.2, "").judgeRatio(o, named(gridcase, c.ours), named(tunedCRUD, c.theirs), (*sample).rate),
			atMost(c.ours+": its CPU by the tuned CRUD's", 0.75, "").judgeRatio(o, named(gridcase, c.ours), named(tunedCRUD, c.theirs), (*sample).cost))
	}
	return all
}
