package projection

// shelfCases is how many cases a unit keeps the rows of, about 10 kB a case for all views together.
const shelfCases = 2048

// shelves keep the rows of the cases that one unit folded last, so that they need not be read for their next events, and those that were
// read early for its next batch. They are as the database has them, since nobody else writes them: who fails to write drops them.
type shelves struct{ tables map[string]shelf }

// shelf is a Shelf of any rows.
type shelf interface{ forget() }

func (s *shelves) drop() { clear(s.tables) }

// forget drops what was read early.
func (s *shelves) forget() {
	for _, t := range s.tables {
		t.forget()
	}
}

// Shelf keeps something of each of the cases that a unit folded last, by id: those of late in young, those before in old, until they are
// folded again or forgotten. What was read early lasts for one batch; it is nil for a case of which the database has nothing. Where nothing is
// kept the shelf is nil.
type Shelf[R any] struct{ young, old, early map[string]*R }

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

// Reading asks the database for what it has of some cases, and puts it when the exchange is answered.
type Reading[R any] func(ids []string, put func(id string, row *R))

// Load puts what there is of a batch's cases: what is kept at once, the rest when it is read.
func (s *Shelf[R]) Load(batch []Event, read Reading[R], put func(id string, row *R)) {
	var missing []string
	for _, id := range Known(batch) {
		row, known := s.get(id)
		switch {
		case !known:
			missing = append(missing, id)
		case row != nil:
			put(id, row)
		}
	}
	if len(missing) > 0 {
		read(missing, put)
	}
}

// LoadEarly reads what is not kept of a later batch's cases, but for those that are folded before.
func (s *Shelf[R]) LoadEarly(later []Event, before map[string]bool, read Reading[R]) {
	if s == nil {
		return
	}
	s.early = map[string]*R{}
	var missing []string
	for _, id := range Known(later) {
		if _, known := s.get(id); !known && !before[id] {
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return
	}
	for _, id := range missing {
		s.early[id] = nil
	}
	read(missing, func(id string, row *R) { s.early[id] = row })
}

// get returns what is known of a case.
func (s *Shelf[R]) get(id string) (row *R, known bool) {
	if s == nil {
		return nil, false
	}
	for _, kept := range []map[string]*R{s.young, s.old, s.early} {
		if row, known = kept[id]; known {
			return row, true
		}
	}
	return nil, false
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

func (s *Shelf[R]) forget() { s.early = nil }
