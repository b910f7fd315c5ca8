package refold

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/projection"
)

// readBatch is how many events are read and folded at once.
const readBatch = 1000

// comparison is one comparison under way.
type comparison struct {
	tx      pgx.Tx
	log     Log
	views   []projection.View
	streams []eventstore.Stream
	reached map[place]uint64 // the last sequence that a view holds of a stream
	cases   map[eventstore.Case]bool
	parked  map[parkedCase]uint64 // the first sequence that a view misses of a case
	total   uint64                // how many events are to be folded
	told    func(done, total uint64) error
	report  *Report
}

// place is a view's schema and a stream.
type place struct{ view, stream string }

// parkedCase is a case in a view's schema.
type parkedCase struct {
	view string
	k    eventstore.Case
}

// scratch is the schema of a view's fresh fold. Nobody else ever sees it.
func scratch(v projection.View) string { return "refold_" + projection.Schema(v) }

// begin makes an empty schema for each view, and has the folds read by keys alone: see projection.Keyed.
func (c *comparison) begin(ctx context.Context) error {
	if _, err := c.tx.Exec(ctx, "set local statement_timeout = 0; "+projection.Keyed); err != nil {
		return err
	}
	for _, v := range c.views {
		schema := pgx.Identifier{scratch(v)}.Sanitize()
		if _, err := c.tx.Exec(ctx, "create schema "+schema+"; set local search_path to "+schema+"; "+v.Tables()); err != nil {
			return fmt.Errorf("make a fresh %s: %w", v.Name(), err)
		}
	}
	return nil
}

// until is where the views are in a stream.
func (c *comparison) until(s *eventstore.Stream) uint64 {
	until := uint64(0)
	for _, v := range c.views {
		until = max(until, c.reached[place{projection.Schema(v), s.Name()}])
	}
	return min(until, s.Last)
}

// foldStream folds a stream up to where the views are.
func (c *comparison) foldStream(ctx context.Context, s *eventstore.Stream) error {
	until := c.until(s)
	for next := uint64(1); next <= until; {
		events, err := c.read(ctx, s, next)
		if err != nil {
			return err
		}
		events = events[:min(uint64(len(events)), until-next+1)]
		if err := c.fold(ctx, s.Name(), events); err != nil {
			return err
		}
		next += uint64(len(events))
	}
	return nil
}

// read returns the next events of a stream, one at least, without a gap.
func (c *comparison) read(ctx context.Context, s *eventstore.Stream, next uint64) ([]eventstore.Event, error) {
	events, err := c.log.Read(ctx, *s, next, readBatch)
	if err != nil {
		return nil, ofLog(err)
	}
	if len(events) == 0 { // a server that is behind may have answered
		e, err := c.log.At(ctx, *s, next)
		return []eventstore.Event{e}, ofLog(err)
	}
	for i := range events {
		if want := next + uint64(i); events[i].Seq != want {
			return nil, &logError{fmt.Errorf("%w: %s misses sequence %d", eventstore.ErrGap, s.Name(), want)}
		}
	}
	return events, nil
}

// ofLog tells a failure that is the log's own from one of the way to it.
func ofLog(err error) error {
	if err == nil || fault.KindOf(err) == fault.Unavailable || errors.Is(err, context.Canceled) {
		return err
	}
	return &logError{err}
}

// foldCases folds cases alone, each stream's in the order of the log.
func (c *comparison) foldCases(ctx context.Context, cases []eventstore.Case) error {
	byStream := map[string][]eventstore.Event{}
	for _, k := range cases {
		events, err := c.log.Load(ctx, k, 0, 0, "")
		if fault.KindOf(err) == fault.Unavailable {
			return err
		}
		if err != nil {
			c.differ(Difference{District: k.District, CaseID: k.ID, Text: fmt.Sprintf("case %s/%s can't be folded afresh: %v", k.District, k.ID, err)})
			continue
		}
		stream := eventstore.Stream{District: k.District, Year: k.Year}.Name()
		byStream[stream] = append(byStream[stream], events...)
		c.total += uint64(len(events))
	}
	for stream, events := range byStream {
		slices.SortFunc(events, func(a, b eventstore.Event) int { return cmp.Compare(a.Seq, b.Seq) })
		for batch := range slices.Chunk(events, readBatch) {
			if err := c.fold(ctx, stream, batch); err != nil {
				return err
			}
		}
	}
	return nil
}

// fold gives each view what it holds of a batch.
func (c *comparison) fold(ctx context.Context, stream string, stored []eventstore.Event) error {
	batch := make([]projection.Event, len(stored))
	for i := range stored {
		m, err := stored[i].Decode()
		if err != nil {
			return &logError{err}
		}
		batch[i] = projection.Event{Event: stored[i], Message: m}
		c.cases[eventstore.Case{District: stored[i].District, Year: stored[i].Year, ID: stored[i].CaseID}] = true
	}
	c.report.Events += uint64(len(batch))
	for _, v := range c.views {
		held := batch
		for len(held) > 0 && held[len(held)-1].Seq > c.reached[place{projection.Schema(v), stream}] {
			held = held[:len(held)-1]
		}
		if held = c.unparked(v, held); len(held) == 0 {
			continue
		}
		if err := projection.Apply(ctx, c.tx, v, scratch(v), held); err != nil {
			return fmt.Errorf("fold %s from %s on: %w", v.Name(), held[0].Position(), err)
		}
	}
	return c.tell()
}

// tell tells how many events are folded.
func (c *comparison) tell() error {
	if c.told == nil {
		return nil
	}
	return c.told(c.report.Events, c.total)
}

// unparked leaves out what a view doesn't hold since the case is parked.
func (c *comparison) unparked(v projection.View, batch []projection.Event) []projection.Event {
	if len(c.parked) == 0 {
		return batch
	}
	return slices.DeleteFunc(slices.Clone(batch), func(e projection.Event) bool {
		from, parked := c.parked[parkedCase{projection.Schema(v), eventstore.Case{District: e.District, Year: e.Year, ID: e.CaseID}}]
		return parked && e.Seq >= from
	})
}
