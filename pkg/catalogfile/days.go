package catalogfile

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/reflect/protoreflect"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// names is a set of names.
type names map[string]bool

// add tells whether a name is new.
func (n names) add(name string) bool {
	known := n[name]
	n[name] = true
	return !known
}

// weekdays are the days of the week, from Monday on.
var weekdays = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// periodForm is a weekday or two, the first and the last, and a beginning and an end within the day.
var periodForm = regexp.MustCompile(`^([a-z]{3})(?:-([a-z]{3}))? (\d\d):(\d\d)-(\d\d):(\d\d)$`)

// period reads "mon-fri 08:00-12:00" as a period of each of the days.
func (d *decoder) period(node *yaml.Node, list protoreflect.List, path string) {
	m := periodForm.FindStringSubmatch(node.Value)
	if m == nil {
		d.bad(node, path, "calendarfile.period", `%q is no period such as "mon-fri 08:00-12:00" or "sat 09:00-13:00"`, node.Value)
		return
	}
	first := slices.Index(weekdays, m[1])
	last := first
	if m[2] != "" {
		last = slices.Index(weekdays, m[2])
	}
	from, to := minutes(m[3], m[4]), minutes(m[5], m[6])
	if first < 0 || last < first || from >= to || to > 24*60 {
		d.bad(node, path, "calendarfile.period", "%q: days are %s, the first one first, and a period begins before it ends, until 24:00 at most", node.Value, strings.Join(weekdays, ", "))
		return
	}
	for day := first; day <= last; day++ {
		p := &gridcasev1.WorkPeriod{Weekday: uint32(day + 1), From: from, To: to}
		list.Append(protoreflect.ValueOfMessage(p.ProtoReflect()))
	}
}

// minutes after midnight; more than a day where the digits make no time.
func minutes(hour, minute string) uint32 {
	h, _ := strconv.ParseUint(hour, 10, 32) // two digits
	m, _ := strconv.ParseUint(minute, 10, 32)
	if m > 59 {
		return 25 * 60
	}
	return uint32(60*h + m)
}

// mostDays is how many days one line may stand for.
const mostDays = 366

// days reads "2026-10-01", or "2026-10-01..2026-10-07" as each of the days.
func (d *decoder) days(node *yaml.Node, list protoreflect.List, path string) {
	first, last, row := strings.Cut(node.Value, "..")
	if !row {
		last = first
	}
	from, err := time.Parse(time.DateOnly, first)
	to, err2 := time.Parse(time.DateOnly, last)
	if node.Kind != yaml.ScalarNode || err != nil || err2 != nil || to.Before(from) || to.Sub(from) >= mostDays*24*time.Hour {
		d.bad(node, path, "calendar.day", "a day looks like 2026-02-14, days in a row like 2026-10-01..2026-10-07, the first one first, at most %d", mostDays)
		return
	}
	for day := from; !day.After(to); day = day.AddDate(0, 0, 1) {
		list.Append(protoreflect.ValueOfString(day.Format(time.DateOnly)))
	}
}

// periodLines writes periods with days in a row that have the same hours as one line.
func periodLines(periods []*gridcasev1.WorkPeriod) (lines []string) {
	left := slices.SortedFunc(slices.Values(periods), byWeekday)
	for len(left) > 0 {
		first := left[0]
		last := first.GetWeekday()
		left = slices.DeleteFunc(left[1:], func(p *gridcasev1.WorkPeriod) bool {
			same := p.GetFrom() == first.GetFrom() && p.GetTo() == first.GetTo() && p.GetWeekday() == last+1
			if same {
				last++
			}
			return same
		})
		lines = append(lines, periodLine(first, last))
	}
	return lines
}

func periodLine(p *gridcasev1.WorkPeriod, last uint32) string {
	days := weekdays[p.GetWeekday()-1]
	if last > p.GetWeekday() {
		days += "-" + weekdays[last-1]
	}
	return fmt.Sprintf("%s %02d:%02d-%02d:%02d", days, p.GetFrom()/60, p.GetFrom()%60, p.GetTo()/60, p.GetTo()%60)
}

// dayLines writes days in a row as one line.
func dayLines(days []string) (lines []string) {
	days = slices.Sorted(slices.Values(days))
	for i := 0; i < len(days); {
		first := days[i]
		last := first
		for i++; i < len(days) && days[i] == dayAfter(last); i++ {
			last = days[i]
		}
		if last == first {
			lines = append(lines, first)
		} else {
			lines = append(lines, first+".."+last)
		}
	}
	return lines
}

func dayAfter(day string) string {
	t, _ := time.Parse(time.DateOnly, day) // what is no day has no day after it
	return t.AddDate(0, 0, 1).Format(time.DateOnly)
}
