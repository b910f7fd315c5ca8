package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/natsd"
	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/services/projector"
)

// cachedCases is how many cases the log has that is projected.
const cachedCases = 15000

// cachedLog is a log that was filled once and is kept between runs; it is only read.
func (w *workshop) cachedLog(ctx context.Context, s size) (*eventstore.Log, eventstore.Stream, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, eventstore.Stream{}, err
	}
	dir := filepath.Join(cache, "gridcase-bench", fmt.Sprintf("log-%d-v1", s.of(cachedCases)))
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		err = fillLog(ctx, dir, s.of(cachedCases))
		if err != nil {
			return nil, eventstore.Stream{}, err
		}
	}
	broker, err := natsd.Start(natsd.Options{Dir: dir, UnsafeLazySync: true, UnsafeFilesystem: true})
	if err != nil {
		return nil, eventstore.Stream{}, err
	}
	w.ends = append(w.ends, broker.Close)
	conn, err := broker.Connect("benchmark")
	if err != nil {
		return nil, eventstore.Stream{}, err
	}
	w.ends = append(w.ends, conn.Close)
	log, err := eventstore.New(eventstore.Options{Conn: conn})
	if err != nil {
		return nil, eventstore.Stream{}, err
	}
	streams, err := log.Streams(ctx)
	if err == nil && (len(streams) != 1 || streams[0].Last != uint64(s.of(cachedCases)*steps)) {
		err = fmt.Errorf("the log in %s is not what was filled in; remove it", dir)
	}
	if err != nil {
		return nil, eventstore.Stream{}, err
	}
	return log, streams[0], nil
}

// fillLog makes a log beside its place and moves it there when it is whole.
func fillLog(ctx context.Context, dir string, cases int) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	_, err := in(func(w *workshop) (result, error) {
		log, _, err := w.log(true)
		if err != nil {
			return result{}, err
		}
		d, err := w.desk(ctx, log, 1)
		if err != nil {
			return result{}, err
		}
		if err := everyClient(ctx, cases, d.playCase); err != nil {
			return result{}, err
		}
		for i := len(w.ends) - 1; i > 0; i-- { // the broker has ended before its files are moved
			w.ends[i]()
		}
		w.ends = w.ends[:1]
		return result{}, os.CopyFS(dir+".new", os.DirFS(filepath.Join(w.dir, "nats")))
	})
	if err != nil {
		return err
	}
	return os.Rename(dir+".new", dir)
}

// firstFour are the views that the trade can't do without.
func firstFour() []projection.View { return projector.Views()[:4] }

// consumeOnly reads every event and does nothing.
func consumeOnly(ctx context.Context, s size) (result, error) {
	return in(func(w *workshop) (result, error) {
		log, stream, err := w.cachedLog(ctx, s)
		if err != nil {
			return result{}, err
		}
		m, err := measure(os.Getpid())
		if err != nil {
			return result{}, err
		}
		if err := follow(ctx, log, stream, stream.Last, func([]eventstore.Event) error { return nil }); err != nil {
			return result{}, err
		}
		return m.done(int(stream.Last))
	})
}

var errEnd = errors.New("the log's end")

func follow(ctx context.Context, log *eventstore.Log, stream eventstore.Stream, last uint64, take func([]eventstore.Event) error) error {
	err := log.Follow(ctx, stream, 1, func(batch []eventstore.Event) error {
		if err := take(batch); err != nil {
			return err
		}
		if batch[len(batch)-1].Seq >= last {
			return errEnd
		}
		return nil
	})
	if errors.Is(err, errEnd) {
		return nil
	}
	return err
}

// projectWith runs the projector until the views hold the log, as the product does: rows and checkpoint in one transaction a batch.
func projectWith(views func() []projection.View) runner {
	return func(ctx context.Context, s size) (result, error) {
		return in(func(w *workshop) (result, error) {
			log, stream, err := w.cachedLog(ctx, s)
			if err != nil {
				return result{}, err
			}
			pool, err := w.pool(ctx, true)
			if err != nil {
				return result{}, err
			}
			running, stop := context.WithCancel(ctx)
			defer stop()
			m, err := measure(os.Getpid())
			if err != nil {
				return result{}, err
			}
			ended := make(chan error, 1)
			go func() { ended <- projection.New(projection.Options{Pool: pool, Log: log, Views: views()}).Run(running) }()
			for at := uint64(0); at < stream.Last; {
				select {
				case err := <-ended:
					return result{}, err
				case <-time.After(5 * time.Millisecond):
				}
				_ = pool.QueryRow(ctx, `select coalesce(min(seq), 0) from projection.checkpoints`).Scan(&at) // the table may not be there yet
			}
			r, err := m.done(int(stream.Last))
			stop()
			<-ended
			return r, err
		})
	}
}

// apply folds a batch into views, in one transaction.
func apply(ctx context.Context, pool *postgres.Pool, views []projection.View, batch []projection.Event, wrap func(pgx.Tx) pgx.Tx) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		for _, v := range views {
			if _, err := tx.Exec(ctx, "set local search_path to "+projection.Schema(v)); err != nil {
				return err
			}
			if err := v.Apply(ctx, wrap(tx), batch); err != nil {
				return err
			}
		}
		return nil
	})
}

func decoded(batch []eventstore.Event) ([]projection.Event, error) {
	events := make([]projection.Event, len(batch))
	for i := range batch {
		m, err := batch[i].Decode()
		if err != nil {
			return nil, err
		}
		events[i] = projection.Event{Event: batch[i], Message: m}
	}
	return events, nil
}

func makeTables(ctx context.Context, pool *postgres.Pool, views []projection.View) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		for _, v := range views {
			if _, err := tx.Exec(ctx, "create schema "+projection.Schema(v)+"; set local search_path to "+projection.Schema(v)+"; "+v.Tables()); err != nil {
				return err
			}
		}
		return nil
	})
}

// oneByOne folds each event in a transaction of its own, as the simplest projector does; it is given a fiftieth of the log.
func oneByOne(ctx context.Context, s size) (result, error) {
	return in(func(w *workshop) (result, error) {
		log, stream, err := w.cachedLog(ctx, s)
		if err != nil {
			return result{}, err
		}
		pool, err := w.pool(ctx, true)
		if err == nil {
			err = makeTables(ctx, pool, firstFour())
		}
		if err != nil {
			return result{}, err
		}
		part, left := int(stream.Last)/50, int(stream.Last)/50
		m, err := measure(os.Getpid())
		if err != nil {
			return result{}, err
		}
		err = follow(ctx, log, stream, uint64(part), func(batch []eventstore.Event) error {
			events, err := decoded(batch)
			for i := 0; i < len(events) && left > 0 && err == nil; i++ {
				left--
				err = apply(ctx, pool, firstFour(), events[i:i+1], func(tx pgx.Tx) pgx.Tx { return tx })
			}
			return err
		})
		if err != nil {
			return result{}, err
		}
		return m.done(part)
	})
}

// statement is one that a view sent.
type statement struct {
	query string
	args  []any
}

// recorder remembers the writing statements of a batch.
type recorder struct {
	pgx.Tx
	sent *[]statement
}

func (r recorder) Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error) {
	*r.sent = append(*r.sent, statement{query, args})
	return r.Tx.Exec(ctx, query, args...)
}

// postgresAlone is the bound: the rows that the views write, sent again to an empty database, without reading, decoding or folding.
func postgresAlone(views func() []projection.View) runner {
	return func(ctx context.Context, s size) (result, error) {
		return in(func(w *workshop) (result, error) {
			log, stream, err := w.cachedLog(ctx, s)
			if err != nil {
				return result{}, err
			}
			pool, err := w.pool(ctx, true)
			if err != nil {
				return result{}, err
			}
			batches, err := record(ctx, log, stream, pool, views())
			if err == nil {
				err = emptyTables(ctx, pool, views())
			}
			if err != nil {
				return result{}, err
			}
			m, err := measure(os.Getpid())
			if err != nil {
				return result{}, err
			}
			for _, batch := range batches {
				if err := send(ctx, pool, views(), batch); err != nil {
					return result{}, err
				}
			}
			return m.done(int(stream.Last))
		})
	}
}

// record folds the log and returns what each batch sent, by view.
func record(ctx context.Context, log *eventstore.Log, stream eventstore.Stream, pool *postgres.Pool, views []projection.View) (batches [][][]statement, err error) {
	if err := makeTables(ctx, pool, views); err != nil {
		return nil, err
	}
	err = follow(ctx, log, stream, stream.Last, func(batch []eventstore.Event) error {
		events, err := decoded(batch)
		if err != nil {
			return err
		}
		sent := make([][]statement, len(views))
		for i, v := range views {
			err = errors.Join(err, apply(ctx, pool, []projection.View{v}, events, func(tx pgx.Tx) pgx.Tx { return recorder{tx, &sent[i]} }))
		}
		batches = append(batches, sent)
		return err
	})
	return batches, err
}

func emptyTables(ctx context.Context, pool *postgres.Pool, views []projection.View) error {
	for _, v := range views {
		if _, err := pool.Exec(ctx, "drop schema "+projection.Schema(v)+" cascade"); err != nil {
			return err
		}
	}
	return makeTables(ctx, pool, views)
}

func send(ctx context.Context, pool *postgres.Pool, views []projection.View, batch [][]statement) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		for i, v := range views {
			if _, err := tx.Exec(ctx, "set local search_path to "+projection.Schema(v)); err != nil {
				return err
			}
			for _, st := range batch[i] {
				if _, err := tx.Exec(ctx, st.query, st.args...); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
