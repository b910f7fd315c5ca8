package postgres

import "time"

// Orphans lets a test say what is left, and when.
type Orphans = orphans

// Overdue returns whom overdue would have ended.
func (o orphans) Overdue(left []int, main int, now time.Time) []int {
	return o.overdue(left, main, now)
}
