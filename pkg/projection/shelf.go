package projection

// shelfCases is how many cases a unit keeps the rows of, about 10 kB a case for all views together.
const shelfCases = 2048

// shelves keep the rows of the cases that one unit folded last, so that they need not be read for their next events. They are as the database
// has them, since nobody else writes them: who fails to write drops them.
type shelves struct{ tables map[string]any } // each a Shelf

func (s *shelves) drop() { clear(s.tables) }

// Shelf keeps something of each of the cases that a unit folded last, by id: those of late in young, those before in old, until they are
// folded again or forgotten. Where nothing is kept it is nil.
type Shelf[R any] struct{ young, old map[string]*R }

// ShelfOf is what the unit that is asking keeps under a name.
func ShelfOf[R any](x *Exchange, name string) *Shelf[R] {
	if x.shelf == nil {
		return nil
	}
	s, ok := x.shelf.tables[name].(*Shelf[R])
	if !ok {
		s = &Shelf[R]{young: map[string]*R{}}
		x.shelf.tables[name] = s
	}
	return s
}

// Get returns what is kept of a case; nil where nothing is.
func (s *Shelf[R]) Get(id string) *R {
	if s == nil {
		return nil
	}
	if row := s.young[id]; row != nil {
		return row
	}
	return s.old[id]
}

// Put keeps what a case is after its last event of the batch.
func (s *Shelf[R]) Put(id string, row *R) {
	if s == nil {
		return
	}
	if len(s.young) >= shelfCases/2 && s.young[id] == nil {
		s.young, s.old = make(map[string]*R, shelfCases/2), s.young
	}
	s.young[id] = row
}
