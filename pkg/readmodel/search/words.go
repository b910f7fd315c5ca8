package search

import (
	"database/sql/driver"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// most is how many words of one column are kept: some thousand characters of text. A case that has more written about it is found by the
// first ones.
const most = 2000

// words are a set of words in a column of type tsvector. They are letters and digits of ASCII, so that they need no quotes.
type words struct{ set map[string]bool }

// add puts words into the set, as long as there is room.
func (w *words) add(more ...string) {
	if w.set == nil {
		w.set = make(map[string]bool, len(more))
	}
	for _, word := range more {
		if len(w.set) < most {
			w.set[word] = true
		}
	}
}

// Scan reads the column: 'word' 'word'.
func (w *words) Scan(src any) error {
	text, ok := src.(string)
	if !ok {
		return fmt.Errorf("read words: the column holds a %T", src)
	}
	w.set = nil
	for _, quoted := range strings.Fields(text) {
		w.add(strings.Trim(quoted, "'"))
	}
	return nil
}

// Value is what the column holds.
func (w words) Value() (driver.Value, error) {
	return strings.Join(slices.Sorted(maps.Keys(w.set)), " "), nil
}
