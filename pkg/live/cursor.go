package live

import (
	"maps"
	"slices"
	"strings"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
)

// Cursor is a place in the logs of one district: the last sequence that was seen, by the log's year. A log that it doesn't name was not seen
// at all. As text it is positions with commas between; to clients it is opaque.
type Cursor map[int]uint64

// none is the year of a cursor that names no log: before any.
const none = 0

// maxLogs is how many logs a cursor may name.
const maxLogs = 100

// ParseCursor reads a cursor of a district: what Text wrote, or positions of receipts and answers with commas between. Anything else is an
// Invalid fault.
func ParseCursor(district, text string) (Cursor, error) {
	parts := strings.Split(text, ",")
	if len(parts) > maxLogs {
		return nil, fault.BadField("after", "position.malformed", "a cursor names %d logs at most", maxLogs)
	}
	c := make(Cursor, len(parts))
	for _, part := range parts {
		p, err := eventstore.ParsePosition(part)
		if err != nil {
			return nil, fault.BadField("after", "position.malformed", "a cursor is the id of a message, or positions such as 610302-2026:17 with commas between")
		}
		if p.District != district {
			return nil, fault.BadField("after", "position.district", "position %s is not of district %s", p, district)
		}
		c[p.Year] = max(c[p.Year], p.Seq)
	}
	return c, nil
}

// Positions are the cursor's, by year.
func (c Cursor) Positions(district string) []string {
	positions := make([]string, 0, len(c))
	for _, year := range slices.Sorted(maps.Keys(c)) {
		if year == none && len(c) > 1 {
			continue
		}
		positions = append(positions, eventstore.Position{District: district, Year: year, Seq: c[year]}.String())
	}
	return positions
}

// Text is the cursor as clients keep it.
func (c Cursor) Text(district string) string { return strings.Join(c.Positions(district), ",") }

// clone is the cursor by itself.
func (c Cursor) clone() Cursor { return maps.Clone(c) }
