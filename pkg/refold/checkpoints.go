package refold

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/projection"
)

// held is how far a view has come in a stream.
type held struct {
	View, Stream string
	Seq          uint64
	Hash, Halted string
}

// checkpoints reads how far the views have come and compares that with the log, as it is afterwards: it can only have grown.
func (c *comparison) checkpoints(ctx context.Context) error {
	rows, err := c.tx.Query(ctx, `select view || '_v' || version, stream, seq, hash, halted from projection.checkpoints order by 1, 2`)
	if err != nil {
		return err
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[held])
	if err != nil {
		return err
	}
	if c.streams, err = c.log.Streams(ctx); err != nil {
		return err
	}
	known := map[string]bool{}
	for _, v := range c.views {
		known[projection.Schema(v)] = true
	}
	for _, h := range all {
		if !known[h.View] {
			continue // of an older version, or one that is being filled
		}
		c.reached[place{h.View, h.Stream}] = h.Seq
		if h.Halted != "" {
			c.differ(Difference{View: h.View, Text: fmt.Sprintf("view %s is halted in %s: %s", h.View, h.Stream, h.Halted)})
		}
		if err := c.stands(ctx, h); err != nil {
			return err
		}
	}
	return nil
}

// stands checks that the log holds the event that a view says it has come to.
func (c *comparison) stands(ctx context.Context, h held) error {
	if h.Seq == 0 {
		return nil
	}
	i := slices.IndexFunc(c.streams, func(s eventstore.Stream) bool { return s.Name() == h.Stream })
	if i < 0 {
		c.differ(Difference{View: h.View, Text: fmt.Sprintf("view %s holds %d events of %s, which the log does not have", h.View, h.Seq, h.Stream)})
		return nil
	}
	s := c.streams[i]
	at := eventstore.Position{District: s.District, Year: s.Year, Seq: h.Seq}.String()
	e, err := c.log.At(ctx, s, h.Seq)
	switch {
	case fault.KindOf(err) == fault.Unavailable:
		return err
	case errors.Is(err, eventstore.ErrGap):
		c.differ(Difference{View: h.View, Position: at, Text: fmt.Sprintf("view %s holds %s, which the log does not have: its last event is %d", h.View, at, s.Last)})
	case err != nil || e.Hash != h.Hash:
		c.differ(Difference{View: h.View, Position: at, Text: fmt.Sprintf("view %s holds another event at %s than the log", h.View, at)})
	}
	return nil
}

func (c *comparison) differ(d Difference) {
	c.report.Differences = append(c.report.Differences, d)
}
