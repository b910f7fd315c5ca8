package command

import (
	"context"
	"errors"

	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
)

// read returns the case and whether it is what the stream's leader has now. A cached case may be behind; a report's case is taken not to
// exist, so that reporting is one append: the guard finds out.
func (s *Service) read(ctx context.Context, a *attempted, fresh bool) (casework.Case, bool, error) {
	c, cached := s.cases.Get(a.key)
	if !fresh {
		if cached || opens(a.cmd) {
			return c, false, nil
		}
	}
	events, err := s.log.Load(ctx, a.key, c.Seq, c.Version, c.Hash)
	if err != nil {
		return casework.Case{}, false, readError(err)
	}
	for i := range events {
		if c, err = fold(c, &events[i]); err != nil {
			return casework.Case{}, false, readError(err)
		}
	}
	if c.Version > 0 {
		s.cases.Add(a.key, c)
	}
	return c, true, nil
}

// fold returns the case after a stored event.
func fold(c casework.Case, e *eventstore.Event) (casework.Case, error) {
	m, err := e.Decode()
	if err != nil {
		return c, err
	}
	return casework.Evolve(c, casework.Recorded{Envelope: &e.Envelope, Message: m, Seq: e.Seq, Hash: e.Hash}), nil
}

// readError turns what can't be folded into "unavailable": this process may not write to such a case.
func readError(err error) error {
	var known *fault.Error
	if errors.As(err, &known) {
		return err
	}
	return &fault.Error{Kind: fault.Unavailable, Code: "case.unreadable", Text: "the case can't be read by this server; nothing was recorded", Cause: err}
}
