package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/vault"
	"github.com/gridcase/gridcase/services/projector"
)

// The names of the projector's contestants.
const (
	consumeOnly   = "consume only"
	followOnly    = "consume, read the envelope, check the hash"
	oneByOne      = "one event = one transaction, first four views"
	postgresAlone = "Postgres alone, the rows of all views"
	fourAlone     = "Postgres alone, the rows of the first four views"
	copyAlone     = "Postgres alone, their last rows by COPY"
	firstFour     = "gridcase, first four views"
	allViews      = "gridcase, all views"
	fromNothing   = "rebuild of all views from nothing"
)

// projectors is what the contestants of this section share.
type projectors struct {
	*bench
	house  *house
	stream eventstore.Stream
	db     *database
	want   map[string]string // what the views must hold in the end
	all    *recorder         // what was sent to fill all of them
	four   *recorder         // the first four
	last   copies
	texts  *vault.Vault
}

// projector measures the filling of views from a log that is there, each time into an empty database.
func (b *bench) projector(ctx context.Context) (*section, error) {
	s, err := b.seeded(ctx, b.small, b.open)
	if err != nil {
		return nil, err
	}
	h, err := openHouse(ctx, filepath.Join(s.dir, "nats"), "", true)
	if err != nil {
		return nil, err
	}
	defer h.close()
	streams, err := h.log.Streams(ctx)
	if err != nil || len(streams) != 1 {
		return nil, errors.Join(fmt.Errorf("the log has %d streams", len(streams)), err)
	}
	db, err := startDatabase(ctx, filepath.Join(b.dir, "projector-postgres"))
	if err != nil {
		return nil, err
	}
	defer b.stop(db)
	texts, err := db.hold(ctx, s)
	if err != nil {
		return nil, err
	}
	p := &projectors{bench: b, house: h, stream: streams[0], db: db, texts: texts}
	if err := p.record(ctx); err != nil {
		return nil, err
	}
	outcomes, err := b.compete(ctx, p.contestants())
	if err != nil {
		return nil, err
	}
	sec := &section{Name: "projector", Title: fmt.Sprintf("Projector: %s events of %s cases, %s in flight, into a database without views; their texts are opened",
		number(float64(p.stream.Last)), number(float64(s.Cases)), number(float64(s.InFlight)))}
	sec.add(outcomes)
	sec.Targets = projectorTargets(outcomes)
	sec.Notes = append(projectorBounds(outcomes), fmt.Sprintf("all tables of the %d views are equal, whichever way they were filled, and none is empty", len(p.views())))
	return sec, nil
}

// record fills the views once and writes down what was sent, for all and for the first four.
func (p *projectors) record(ctx context.Context) (err error) {
	if p.four, _, err = p.recorded(ctx, "recorded_four", p.views()[:4]); err != nil {
		return err
	}
	dsn := ""
	if p.all, dsn, err = p.recorded(ctx, "recorded", p.views()); err != nil {
		return err
	}
	if p.want, err = digests(ctx, dsn); err != nil {
		return err
	}
	if err := shown(p.want, p.views()); err != nil {
		return err
	}
	p.last = copies{p.dir, slices.Sorted(maps.Keys(p.want))}
	return p.last.take(ctx, dsn)
}

// recorded fills views in a database of their own.
func (p *projectors) recorded(ctx context.Context, db string, views []projection.View) (*recorder, string, error) {
	tape := newRecorder()
	dsn, err := p.db.fresh(ctx, db)
	if err != nil {
		return nil, "", err
	}
	run := p.filling(dsn, views, p.house.log)
	run.trace = tape
	_, err = run.run(ctx)
	return tape, dsn, err
}

// views are all of them, with the texts that the log's cases have.
func (p *projectors) views() []projection.View { return projector.Views(p.texts) }

func (p *projectors) filling(dsn string, views []projection.View, log projection.Log) *projected {
	return &projected{dsn: dsn, views: views, log: log, until: p.stream.Last, meter: p.meter(), scratch: p.dir}
}

func (p *projectors) meter() meter { return meter{own: true, trees: []int{p.db.pid}} }

func (p *projectors) contestants() []contestant {
	views := p.views()
	all := []contestant{
		p.reader(consumeOnly, func(ctx context.Context) error { return consume(ctx, p.house.conn, p.stream.Name(), p.stream.Last) }),
		p.reader(followOnly, p.follow),
		p.filler(oneByOne, "one_by_one", views[:4], singly{p.house.log}, 2*p.window),
		p.filler(firstFour, "first_four", views[:4], p.house.log, 0),
		p.filler(allViews, "all_views", views, p.house.log, 0),
		p.filler(fromNothing, "from_nothing", views, p.house.log, 0),
	}
	if !p.all.copied && !p.four.copied {
		all = append(all, p.alone(postgresAlone, "alone", views, playing(p.all)), p.alone(fourAlone, "four_alone", views[:4], playing(p.four)))
	}
	return append(all, p.alone(copyAlone, "copy_alone", views, p.last.load))
}

// reader is a contestant that only reads the log.
func (p *projectors) reader(name string, read func(ctx context.Context) error) contestant {
	return contestant{anew: true, name: name, profiled: true,
		run:    func(ctx context.Context) (sample, error) { return p.timed(ctx, read) },
		verify: func(context.Context, uint64) error { return nil }} // it ends at the log's last sequence only
}

// timed is a sample of work that goes through the whole log.
func (p *projectors) timed(ctx context.Context, work func(ctx context.Context) error) (sample, error) {
	clock := startClock(p.meter())
	if err := work(ctx); err != nil {
		return sample{}, err
	}
	return clock.stop(p.stream.Last)
}

func (p *projectors) follow(ctx context.Context) error {
	err := p.house.log.Follow(ctx, p.stream, 1, func(events []eventstore.Event) error {
		if events[len(events)-1].Seq == p.stream.Last {
			return errReached
		}
		return nil
	})
	if errors.Is(err, errReached) {
		return nil
	}
	return err
}

// filler is a contestant that fills views, anew in each round.
func (p *projectors) filler(name, db string, views []projection.View, log projection.Log, atMost time.Duration) contestant {
	var dsn string
	return contestant{anew: true, name: name, profiled: true,
		run: func(ctx context.Context) (_ sample, err error) {
			if dsn, err = p.db.fresh(ctx, db); err != nil {
				return sample{}, err
			}
			run := p.filling(dsn, views, log)
			run.atMost, run.whole = atMost, name == fromNothing
			return run.run(ctx)
		},
		verify: func(ctx context.Context, _ uint64) error {
			if atMost > 0 {
				return p.checkpointed(ctx, dsn, views)
			}
			return p.holds(ctx, dsn)
		}}
}

// holds compares a database with what its views must be.
func (p *projectors) holds(ctx context.Context, dsn string) error {
	got, err := digests(ctx, dsn)
	if err != nil {
		return err
	}
	return equal(got, p.want)
}

// checkpointed looks that every view of a filling that was cut short stands at the same event.
func (p *projectors) checkpointed(ctx context.Context, dsn string, views []projection.View) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // nothing is left to be written
	var n, at int
	if err := conn.QueryRow(ctx, `select count(*), count(distinct seq) from projection.checkpoints where seq > 0`).Scan(&n, &at); err != nil {
		return err
	}
	if n != len(views) || at != 1 {
		return fmt.Errorf("%d views stand at %d events", n, at)
	}
	return nil
}

// alone is a bound: PostgreSQL writes the rows, without a log, without a fold.
func (p *projectors) alone(name, db string, views []projection.View, write func(ctx context.Context, dsn string) error) contestant {
	var dsn string
	return contestant{anew: true, name: name,
		run: func(ctx context.Context) (_ sample, err error) {
			if dsn, err = p.tables(ctx, db, views); err != nil {
				return sample{}, err
			}
			return p.timed(ctx, func(ctx context.Context) error { return write(ctx, dsn) })
		},
		verify: func(ctx context.Context, _ uint64) error { return p.holds(ctx, dsn) }}
}

// playing writes what the projector wrote, batch by batch.
func playing(tape *recorder) func(ctx context.Context, dsn string) error {
	return func(ctx context.Context, dsn string) error {
		conn, err := pgx.Connect(ctx, dsn)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // nothing is left to be written
		return tape.replay(ctx, conn)
	}
}

// tables makes a database with views' tables, still empty: a projector that has nothing to apply makes them.
func (p *projectors) tables(ctx context.Context, db string, views []projection.View) (string, error) {
	dsn, err := p.db.fresh(ctx, db)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	run := p.filling(dsn, views, emptyLog{p.house.log, func() { cancel(errReached) }})
	_, err = run.run(ctx)
	return dsn, err
}

// emptyLog has no streams, and tells when a projector looks for them: its tables are made then.
type emptyLog struct {
	*eventstore.Log
	looked func()
}

// Streams are none.
func (l emptyLog) Streams(context.Context) ([]eventstore.Stream, error) {
	l.looked()
	return nil, nil
}

// projectorTargets are the targets of the projector and the rebuild.
func projectorTargets(o []outcome) []target {
	alone := func(name string) target {
		t := atLeast(name+" by Postgres alone", 0.75, "").judgeRatio(o, name, postgresAlone, (*sample).rate)
		if t.Verdict == notMeasured {
			return t.because("the projector copies, which can't be recorded")
		}
		return t
	}
	return []target{
		atLeast(firstFour+" by one event a transaction", 15, "").judgeRatio(o, firstFour, oneByOne, (*sample).rate),
		alone(allViews),
		atLeast("rebuild by consuming alone", 0.5, "").judgeRatio(o, fromNothing, consumeOnly, (*sample).rate),
	}
}
