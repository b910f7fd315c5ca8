package readmodel

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"slices"
)

// List is a short list in a column of type jsonb. The zero value is empty.
type List[T comparable] struct{ Items []T }

// Add puts items at the end that are not in the list.
func (l *List[T]) Add(items ...T) {
	for _, item := range items {
		if !slices.Contains(l.Items, item) {
			l.Items = append(l.Items, item)
		}
	}
}

// Remove takes items out.
func (l *List[T]) Remove(items ...T) {
	l.Items = slices.DeleteFunc(l.Items, func(item T) bool { return slices.Contains(items, item) })
}

// Scan reads the column.
func (l *List[T]) Scan(src any) error {
	text, ok := src.(string)
	if !ok {
		return fmt.Errorf("read a list: the column holds a %T", src)
	}
	if text == "[]" {
		l.Items = nil
		return nil
	}
	if err := json.Unmarshal([]byte(text), &l.Items); err != nil {
		return fmt.Errorf("read a list: %w", err)
	}
	return nil
}

// Value is what the column holds.
func (l List[T]) Value() (driver.Value, error) {
	if len(l.Items) == 0 {
		return "[]", nil
	}
	b, err := json.Marshal(l.Items)
	if err != nil {
		return nil, fmt.Errorf("write a list: %w", err)
	}
	return string(b), nil
}
