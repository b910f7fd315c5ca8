package history

import (
	"fmt"
	"math/bits"
	"strings"

	"github.com/gridcase/gridcase/pkg/readmodel"
)

// How an interval of the past is found that holds a moment: an index by beginnings leads to all that began before it, an index by ends to all
// that ended after it, and either is half of the past. So intervals are kept by their length, in few classes: of those of a class, only what
// began no longer before the moment than the class is long may hold it, and about one in four of that does.

// longest is the class of all that is longer than the others: more than 34 years, or a billion events.
const longest = 16

// length is the class of an interval: the least c, from 1 on, so that n is less than 4 to the power of c.
func length(n int64) int16 {
	return int16(max(1, min((bits.Len64(uint64(max(n, 0)))+1)/2, longest)))
}

// holding is the condition that an interval of the past holds a moment, and its arguments, numbered from first on.
func holding(m readmodel.Moment, district string, first int) (condition string, args []any) {
	if len(m.Positions) == 0 {
		at := fmt.Sprintf("$%d::timestamptz", first)
		return "until_at > " + at + " and " + begun("lasted", "at", at, "interval '%d s'"), []any{m.At}
	}
	logs := []string{"false"}
	years, sequences := m.Cuts(district)
	for i := range years {
		year, seq := fmt.Sprintf("$%d::int", first+len(args)), fmt.Sprintf("$%d::bigint", first+len(args)+1)
		logs = append(logs, "year = "+year+" and until_seq > "+seq+" and "+begun("spanned", "seq", seq, "%d"))
		args = append(args, years[i], sequences[i])
	}
	return "(" + strings.Join(logs, " or ") + ")", args
}

// begun is the condition that an interval began before a moment, and no longer before than its class is long.
func begun(class, from, moment, unit string) string {
	var ranges []string
	for c := 1; c < longest; c++ {
		ranges = append(ranges, fmt.Sprintf("%s = %d and %s <= %s and %s > %s - "+unit, class, c, from, moment, from, moment, int64(1)<<(2*c)))
	}
	ranges = append(ranges, fmt.Sprintf("%s = %d and %s <= %s", class, longest, from, moment))
	return "(" + strings.Join(ranges, " or ") + ")"
}

// since is the condition that a case stands at a moment as it does now, with the arguments of holding.
func since(m readmodel.Moment, first, args int) string {
	if len(m.Positions) == 0 {
		return fmt.Sprintf("at <= $%d::timestamptz", first)
	}
	logs := []string{"false"}
	for i := first; i < first+args; i += 2 {
		logs = append(logs, fmt.Sprintf("year = $%d::int and seq <= $%d::bigint", i, i+1))
	}
	return "(" + strings.Join(logs, " or ") + ")"
}
