package readmodel

import (
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// Waiting is one item of a queue, in the order of a query's columns.
type Waiting struct {
	CaseID, Number, CaseType, Grid string
	State, Kind, Priority          int16
	Since                          time.Time
	Due                            *time.Time
	Version                        int64
}

// Item is the item as the API shows it.
func (w *Waiting) Item() *gridcasev1.QueueItem {
	item := &gridcasev1.QueueItem{CaseId: w.CaseID, Number: w.Number, CaseType: w.CaseType, Grid: w.Grid, State: gridcasev1.State(w.State),
		Pending: gridcasev1.Pending(w.Kind), Priority: gridcasev1.Priority(w.Priority), Since: timestamppb.New(w.Since), Version: uint64(w.Version)}
	if w.Due != nil {
		item.Due = timestamppb.New(*w.Due)
	}
	return item
}

// Page cuts what was read, one item more than the page holds at most, to a page, and returns the cursor of the next one, empty at the end.
func Page(waiting []Waiting, limit int) (items []*gridcasev1.QueueItem, next string) {
	if len(waiting) > limit {
		waiting = waiting[:limit]
		next = waiting[limit-1].Cursor()
	}
	items = make([]*gridcasev1.QueueItem, len(waiting))
	for i := range waiting {
		items[i] = waiting[i].Item()
	}
	return items, next
}

// Cursor is the place of an item in its queue.
type Cursor struct {
	Priority           int16
	Due, Since, CaseID string // as PostgreSQL reads them
	Kind               int16
}

// beginning is the cursor before the first item.
var beginning = Cursor{Priority: math.MaxInt16, Due: "-infinity", Since: "-infinity", CaseID: "00000000-0000-0000-0000-000000000000", Kind: -1}

// Cursor is where the next page begins behind the item.
func (w *Waiting) Cursor() string {
	due := "infinity"
	if w.Due != nil {
		due = w.Due.UTC().Format(time.RFC3339Nano)
	}
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d|%s|%s|%s|%d", w.Priority, due, w.Since.UTC().Format(time.RFC3339Nano), w.CaseID, w.Kind))
}

// ParseCursor reads what Waiting.Cursor wrote; the beginning of a queue where page is empty.
func ParseCursor(page string) (Cursor, error) {
	if page == "" {
		return beginning, nil
	}
	bad := fault.BadPage()
	b, err := base64.RawURLEncoding.DecodeString(page)
	parts := strings.Split(string(b), "|")
	if err != nil || len(parts) != 5 || !IsCaseID(parts[3]) {
		return Cursor{}, bad
	}
	for i, text := range parts[1:3] {
		if !IsTime(text) && (i > 0 || text != "infinity") {
			return Cursor{}, bad
		}
	}
	priority, err1 := strconv.ParseUint(parts[0], 10, 8)
	kind, err2 := strconv.ParseUint(parts[4], 10, 8)
	if err1 != nil || err2 != nil {
		return Cursor{}, bad
	}
	return Cursor{int16(priority), parts[1], parts[2], parts[3], int16(kind)}, nil
}
