package workqueue

import (
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/gridcase/gridcase/pkg/fault"
)

// cursor is the place of an item in its queue.
type cursor struct {
	priority           int16
	due, since, caseID string
	kind               int16
}

// beginning is the cursor before the first item.
var beginning = cursor{priority: math.MaxInt16, due: "-infinity", since: "-infinity", caseID: "00000000-0000-0000-0000-000000000000", kind: -1}

func (w *waiting) cursor() string {
	due := "infinity"
	if w.Due != nil {
		due = w.Due.UTC().Format(time.RFC3339Nano)
	}
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d|%s|%s|%s|%d", w.Priority, due, w.Since.UTC().Format(time.RFC3339Nano), w.CaseID, w.Kind))
}

func parseCursor(page string) (cursor, error) {
	if page == "" {
		return beginning, nil
	}
	bad := fault.BadField("page", "page.malformed", "a page is the next_page of the answer before")
	b, err := base64.RawURLEncoding.DecodeString(page)
	parts := strings.Split(string(b), "|")
	if err != nil || len(parts) != 5 || len(parts[3]) != 36 || strings.Trim(parts[3], "0123456789abcdef-") != "" {
		return cursor{}, bad
	}
	for i, text := range parts[1:3] {
		if _, err := time.Parse(time.RFC3339Nano, text); err != nil && (i > 0 || text != "infinity") {
			return cursor{}, bad
		}
	}
	priority, err1 := strconv.ParseUint(parts[0], 10, 8)
	kind, err2 := strconv.ParseUint(parts[4], 10, 8)
	if err1 != nil || err2 != nil {
		return cursor{}, bad
	}
	return cursor{int16(priority), parts[1], parts[2], parts[3], int16(kind)}, nil
}
