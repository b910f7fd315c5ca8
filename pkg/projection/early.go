package projection

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// readEarly begins to read what the next batch starts from, but for the cases of this one, and returns what waits for the end of that. What
// can't be read now is read when it is needed.
func (w *writing) readEarly(ctx context.Context, shares []*share) (wait func()) {
	forgetEarly(shares) // this batch has what was read for it
	if len(w.next) == 0 {
		return func() {}
	}
	x, err := w.early(shares)
	if err != nil {
		forgetEarly(shares)
	}
	if err != nil || x.Len() == 0 {
		return func() {}
	}
	ended := make(chan error, 1)
	go func() { // ends with the transaction
		ended <- pgx.BeginTxFunc(ctx, w.pool, pgx.TxOptions{BeginQuery: "begin read only; " + Keyed}, func(tx pgx.Tx) error { return x.send(ctx, tx) })
	}()
	return func() {
		if err := <-ended; err != nil {
			forgetEarly(shares)
		}
	}
}

// early asks for the rows.
func (w *writing) early(shares []*share) (*Exchange, error) {
	before := make(map[string]bool, len(w.batch))
	for i := range w.batch {
		before[w.batch[i].CaseID] = true
	}
	x := newExchange()
	for _, s := range shares {
		err := x.of(s.unit, func(x *Exchange) error {
			if f, ok := s.generation.view.Fold(w.next).(EarlyReader); ok {
				f.ReadEarly(x, before)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return x, nil
}

// forgetEarly drops what was read early.
func forgetEarly(shares []*share) {
	for _, s := range shares {
		s.shelf.forget()
	}
}
