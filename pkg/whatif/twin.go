package whatif

import (
	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/catalog"
)

const stages = len(casework.Case{}.Clocks)

// twin is a case as it was and as it would have been.
type twin struct {
	id         string
	was, would casework.Case
	open       [stages]*piece // the work that is there to do, by stage
	counted    bool           // work of it counts in the period
}

// Add takes the next event of a case. A version that the reference data lacks is an Unavailable fault; other errors are those of Past.
func (s *Study) Add(e Event) error {
	if !e.Envelope.Time.Before(s.o.To) {
		return nil
	}
	s.events++
	k, err := s.twin(&e)
	if k == nil || err != nil {
		return err
	}
	if err := s.route(k, &e); err != nil {
		return err
	}
	ended, err := s.follow(k, &e)
	if err != nil {
		return err
	}
	for _, p := range ended {
		s.count(k, p)
	}
	if !k.was.Open() {
		delete(s.open, e.Case)
	}
	return nil
}

// twin returns the case that an event is of; nil where it has ended and stays so.
func (s *Study) twin(e *Event) (*twin, error) {
	if k := s.open[e.Case]; k != nil {
		return k, nil
	}
	k := &twin{id: e.Case}
	switch e.Message.(type) {
	case *gridcasev1.CaseReported:
	case *gridcasev1.CaseReopened, *gridcasev1.CaseUnmerged:
		if err := s.recall(k, e.Envelope.Version); err != nil {
			return nil, err
		}
	default:
		return nil, nil
	}
	s.open[e.Case] = k
	return k, nil
}

// recall follows what happened to a case before one of its versions. Its work is counted already.
func (s *Study) recall(k *twin, before uint64) error {
	past, err := s.o.Past(k.id, before)
	if err != nil {
		return err
	}
	for i := range past {
		ended, err := s.follow(k, &past[i])
		if err != nil {
			return err
		}
		for _, p := range ended {
			k.counted = k.counted || s.counts(p)
		}
	}
	return nil
}

// follow takes the case one event further and returns the work that ends with it.
func (s *Study) follow(k *twin, e *Event) (ended []*piece, err error) {
	facts, err := s.facts(e.Envelope)
	if err != nil {
		return nil, err
	}
	r := casework.Recorded{Envelope: e.Envelope, Message: e.Message}
	was, would := casework.Evolve(k.was, r), casework.Replay(k.would, r, facts)
	was.Commands = nil // nobody sends one again
	for stage := range k.open {
		p := k.open[stage]
		if p != nil && p.ends(e.Message, &was, &would) {
			ended = append(ended, p.end(e, &k.was))
			p = nil
		}
		if p == nil && begins(gridcasev1.Stage(stage), e.Message, &was, &would) {
			p = &piece{stage: gridcasev1.Stage(stage), started: e.Envelope.Time}
		}
		if p != nil {
			p.read(was.Clocks.Of(gridcasev1.Stage(stage)), would.Clocks.Of(gridcasev1.Stage(stage)))
		}
		k.open[stage] = p
	}
	k.was, k.would = was, would
	return ended, nil
}

// facts are what the other rules know when an event happens.
func (s *Study) facts(e *gridcasev1.Envelope) (casework.Facts, error) {
	f := casework.Facts{Catalogue: s.o.Catalogue, Calendar: s.o.Calendar}
	known := true
	if f.Calendar == nil {
		if f.Calendar, known = s.o.Reference.CalendarVersion(e.Calendar); !known {
			return f, missing("calendar", e.Calendar)
		}
	}
	var err error
	if f.Catalogue == nil {
		f.Catalogue, err = s.catalogue(e.Catalogue)
	}
	return f, err
}

// catalogue returns a version of the district's catalogue, under the other policy where there is one.
func (s *Study) catalogue(version uint32) (*catalog.Catalogue, error) {
	if c := s.catalogues[version]; c != nil {
		return c, nil
	}
	c, known := s.o.Reference.CatalogueVersion(version)
	if !known {
		return nil, missing("catalogue", version)
	}
	if s.o.Policy != nil {
		var err error
		if c, err = c.Under(s.o.Policy); err != nil {
			return nil, err
		}
	}
	s.catalogues[version] = c
	return c, nil
}
