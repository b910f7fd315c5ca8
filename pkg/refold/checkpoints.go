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
	Filling      bool // case by case: no event of the stream tells how far
}

// checkpoints reads how far the views have come and compares that with the log, as it is afterwards: it can only have grown.
func (c *comparison) checkpoints(ctx context.Context) error {
	rows, err := c.tx.Query(ctx, `select g.schema, c.stream, c.seq, c.hash, c.halted, c.fill_end > 0 from projection.checkpoints c join projection.generations g on g.number = c.generation order by 1, 2`)
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
	var found []Difference
	for _, h := range all {
		if !known[h.View] {
			continue // of an older version, or of a generation that is not read
		}
		if h.Filling {
			return fault.New(fault.Unavailable, "views.filling", "view %s is being filled with %s: gridcase views tells how far it is", h.View, h.Stream)
		}
		c.reached[place{h.View, h.Stream}] = h.Seq
		if h.Halted != "" {
			found = append(found, Difference{View: h.View, Text: fmt.Sprintf("halted in %s: %s", h.Stream, h.Halted)})
		}
		d, err := c.stands(ctx, h)
		if err != nil {
			return err
		}
		if d.Text != "" {
			found = append(found, d)
		}
	}
	c.report.Differences = together(found)
	return c.quarantined(ctx, known)
}

// quarantined reads which cases the views can't go on with, and says so of each.
func (c *comparison) quarantined(ctx context.Context, known map[string]bool) error {
	rows, err := c.tx.Query(ctx, `select g.schema, q.district, q.year, q.case_id::text, q.seq, q.code from projection.quarantine q join projection.generations g on g.number = q.generation order by 1, 2, 3, 5`)
	if err != nil {
		return err
	}
	var view, code string
	var at eventstore.Position
	var k eventstore.Case
	_, err = pgx.ForEachRow(rows, []any{&view, &k.District, &k.Year, &k.ID, &at.Seq, &code}, func() error {
		if !known[view] {
			return nil
		}
		at.District, at.Year = k.District, k.Year
		c.parked[parkedCase{view, k}] = at.Seq
		c.report.Quarantined = append(c.report.Quarantined, Difference{View: view, District: k.District, CaseID: k.ID, Position: at.String(),
			Text: fmt.Sprintf("view %s: case %s/%s is parked from %s on (%s)", view, k.District, k.ID, at, code)})
		return nil
	})
	return err
}

// stands tells what is wrong where the log does not hold the event that a view says it has come to.
func (c *comparison) stands(ctx context.Context, h held) (Difference, error) {
	d := Difference{View: h.View}
	if h.Seq == 0 {
		return d, nil
	}
	i := slices.IndexFunc(c.streams, func(s eventstore.Stream) bool { return s.Name() == h.Stream })
	if i < 0 {
		d.Text = fmt.Sprintf("holds %d events of %s, which the log does not have", h.Seq, h.Stream)
		return d, nil
	}
	s := c.streams[i]
	d.Position = eventstore.Position{District: s.District, Year: s.Year, Seq: h.Seq}.String()
	e, err := c.log.At(ctx, s, h.Seq)
	switch {
	case err != nil && fault.KindOf(err) == fault.Unavailable:
		return d, err
	case errors.Is(err, eventstore.ErrGap) && s.Last < h.Seq:
		d.Text = fmt.Sprintf("holds %s, but the log ends at %d", d.Position, s.Last)
	case errors.Is(err, eventstore.ErrGap):
		d.Text = fmt.Sprintf("holds %s, which is missing in the log", d.Position)
	case err != nil || e.Hash != h.Hash:
		d.Text = fmt.Sprintf("holds another event at %s than the log", d.Position)
	}
	return d, nil
}

// together tells in one line what is true of several views.
func together(found []Difference) (told []Difference) {
	for _, d := range found {
		same := slices.IndexFunc(told, func(t Difference) bool { return t.Text == d.Text })
		if same < 0 {
			told = append(told, d)
			continue
		}
		told[same].View += ", " + d.View
	}
	for i := range told {
		told[i].Text = "view " + told[i].View + ": " + told[i].Text
	}
	return told
}

func (c *comparison) differ(d Difference) {
	c.report.Differences = append(c.report.Differences, d)
}
