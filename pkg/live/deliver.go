package live

// parcel is what news hold for one reader.
type parcel struct {
	cases []entry
	areas map[string][]byte
}

// entry is one message about a case.
type entry struct {
	id   string
	year int
	seq  uint64
	data []byte
}

// deliver hands news to the readers who are to have them and notes how far the log is told.
func (t *tail) deliver(n *news, from, to uint64) {
	d := t.district
	d.mu.Lock()
	defer d.mu.Unlock()
	parcels := map[*Reader]*parcel{}
	of := func(r *Reader) *parcel {
		if parcels[r] == nil {
			parcels[r] = &parcel{areas: map[string][]byte{}}
		}
		return parcels[r]
	}
	for _, c := range n.changes {
		d.interested(c.subjects(from), func(r *Reader) {
			if e, ok := r.entry(c, from); ok {
				p := of(r)
				p.cases = append(p.cases, e)
			}
		})
	}
	for i, a := range n.areas {
		d.interested(prefixes(a.GetCode()), func(r *Reader) { of(r).areas[a.GetCode()] = n.area(i) })
	}
	t.advance(to)
	d.everyReader(func(r *Reader) { r.told(parcels[r], t.stream.Year, to) })
}

// prefixes are the codes that an area may lie in.
func prefixes(code string) map[string]bool {
	keys := map[string]bool{}
	for n := shortest; n <= len(code); n++ {
		keys[code[:n]] = true
	}
	return keys
}

// shortest is the length of a district's code.
const shortest = 6

// entry is what a change means to a reader; false where it means nothing. Changes that the reader has seen by the place where it began mean
// nothing, and how a case stood before that place doesn't matter.
func (r *Reader) entry(c *change, from uint64) (entry, bool) {
	began := r.began[c.head.Year]
	if c.head.Seq <= began {
		return entry{}, false
	}
	e := entry{id: c.head.CaseID, year: c.head.Year, seq: c.head.Seq}
	switch scope := r.sight(); {
	case c.shows(r.subject, scope):
		e.data = c.message(false)
	case c.showed(r.subject, scope, max(from, began)):
		e.data = c.message(true)
	}
	return e, e.data != nil
}
