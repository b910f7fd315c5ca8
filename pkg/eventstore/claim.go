package eventstore

import (
	"bytes"
	"context"
	"errors"
	"time"
)

// What else than success may become of a claim. An Unavailable fault says that the broker was not there or did not answer.
var (
	// ErrHeld: the case is held by another user; for Take, by anybody.
	ErrHeld = errors.New("the case is held")
	// ErrFree: nobody holds the case.
	ErrFree = errors.New("nobody holds the case")
)

// Take gives a case of a queue to the holder that want names, for one life. Two things may happen: it is the holder's, or ErrHeld, somebody
// has it already, be it the holder.
func (s *Leases) Take(ctx context.Context, want Lease) (Lease, error) {
	key := want.key()
	if !s.begin(key) {
		return Lease{}, ErrHeld
	}
	defer s.end(key)
	var sent []byte
	err := s.patiently(ctx, func(ctx context.Context) error {
		value, seq, err := s.last(ctx, key)
		if err != nil || len(value) > 0 && bytes.Equal(value, sent) { // stored by the try before, only the answer was lost
			return err
		}
		if len(value) > 0 {
			return ErrHeld
		}
		want.Until = time.Now().Add(s.life).UTC()
		sent, err = s.put(ctx, want, seq)
		return err
	})
	if err != nil {
		return Lease{}, err
	}
	return want, nil
}

// begin says that this process is about to take a case; false where it is at that already.
func (s *Leases) begin(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taking[key] {
		return false
	}
	s.taking[key] = true
	return true
}

func (s *Leases) end(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.taking, key)
}

// Renew gives what the user holds of a case another life and returns it, of several one. ErrFree: nobody holds it; ErrHeld: only others do.
func (s *Leases) Renew(ctx context.Context, district, caseID, holder string) (renewed Lease, err error) {
	err = s.patiently(ctx, func(ctx context.Context) error {
		mine, err := s.of(ctx, district, caseID, holder)
		for _, h := range mine {
			h.Until = time.Now().Add(s.life).UTC()
			if _, err = s.put(ctx, h.Lease, h.seq); err != nil {
				return err
			}
			renewed = h.Lease
		}
		return err
	})
	return renewed, err
}

// Release gives back what the user holds of a case. ErrFree: nobody holds it; ErrHeld: only others do.
func (s *Leases) Release(ctx context.Context, district, caseID, holder string) error {
	tried := false
	err := s.patiently(ctx, func(ctx context.Context) error {
		mine, err := s.of(ctx, district, caseID, holder)
		for _, h := range mine {
			tried = true
			if err = s.mark(ctx, h.key(), h.seq); err != nil {
				return err
			}
		}
		return err
	})
	if tried && (errors.Is(err, ErrFree) || errors.Is(err, ErrHeld)) {
		return nil // it was released by the try before, only the answer was lost
	}
	return err
}

// of returns what the user holds of a case as the broker has it, without what is about to end: the broker ends a lease without looking whether
// it was renewed in that very moment.
func (s *Leases) of(ctx context.Context, district, caseID, holder string) ([]held, error) {
	var mine []held
	others := false
	for seq := uint64(0); ; {
		m, err := s.ask(ctx, map[string]any{"seq": seq + 1, "next_by_subj": subjectOf(caseKey(district, caseID) + ".*")})
		if err != nil {
			return nil, err
		}
		if m == nil {
			break
		}
		seq = m.Seq
		l, ok := readLease(m.Data)
		if ok && l.Holder == holder && !s.fades(&l, seq) {
			mine = append(mine, held{Lease: l, seq: seq})
		}
		others = others || ok && l.Holder != holder
	}
	switch {
	case len(mine) > 0:
		return mine, nil
	case others:
		return nil, ErrHeld
	}
	return nil, ErrFree
}

// fades tells whether a lease is about to end. Only what has passed since this process heard of it counts: no clock is compared with
// another.
func (s *Leases) fades(l *Lease, seq uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	h, ok := s.held[caseKey(l.District, l.CaseID)][l.key()]
	return ok && h.seq == seq && s.life-time.Since(h.heard) < min(s.life/10, time.Second)
}

// patiently tries until it is known what became of a claim: somebody else may be faster, and the bucket's leader may have to be chosen.
func (s *Leases) patiently(ctx context.Context, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.log.patience)
	defer cancel()
	if _, err := s.open(ctx); err != nil {
		return leasesAway(err)
	}
	for {
		err := try(ctx)
		if err == nil || errors.Is(err, ErrHeld) || errors.Is(err, ErrFree) {
			return err
		}
		again := errors.Is(err, ErrConflict) || errors.Is(err, ErrUnknown) || errors.Is(err, context.DeadlineExceeded) || leaderless(err)
		if !again || !wait(ctx, 5*time.Millisecond) {
			return leasesAway(err)
		}
	}
}
