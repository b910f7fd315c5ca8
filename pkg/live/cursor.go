package live

import (
	"cmp"
	"slices"
	"strings"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
)

// cursor is how far each log of a district was told, by year.
type cursor map[int]uint64

// positions are the cursor's, the oldest year first.
func (c cursor) positions(district string) []eventstore.Position {
	all := make([]eventstore.Position, 0, len(c))
	for year, seq := range c {
		all = append(all, eventstore.Position{District: district, Year: year, Seq: seq})
	}
	slices.SortFunc(all, func(a, b eventstore.Position) int { return cmp.Compare(a.Year, b.Year) })
	return all
}

// names are the positions as the API shows them.
func (c cursor) names(district string) []string {
	var names []string
	for _, p := range c.positions(district) {
		names = append(names, p.String())
	}
	return names
}

// text is the cursor as a client keeps it.
func (c cursor) text(district string) string { return strings.Join(c.names(district), ",") }

// parseCursor reads what text wrote for the district. Anything else is an Invalid fault.
func parseCursor(district, text string) (cursor, error) {
	c := cursor{}
	for part := range strings.SplitSeq(text, ",") {
		p, err := eventstore.ParsePosition(part)
		if err != nil || p.District != district {
			return nil, fault.BadField("after", "live.cursor", "the cursor is the last id that this district's stream gave")
		}
		c[p.Year] = p.Seq
	}
	return c, nil
}
