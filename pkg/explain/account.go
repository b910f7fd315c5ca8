package explain

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/calendar"
)

// paused is why the time of a pause, and of handling the time until rework, does not count.
const paused calendar.Why = "paused"

// account divides the time from a clock's start to its due time into what counted and what did not, by the calendar that the due time's event
// names.
func (t *teller) account(k *clock) error {
	c, err := t.calendar(k.story.GetCalendarVersion())
	if err != nil {
		return err
	}
	at, due, basis := k.started, k.story.GetDue().AsTime(), k.story.GetLimit().GetBasis()
	var all []calendar.Interval
	for _, away := range k.rests() {
		if !away.from.Before(due) {
			break
		}
		if !away.to.After(away.from) {
			continue
		}
		all = append(all, c.Intervals(at, away.from, basis)...)
		at = earlier(away.to, due)
		all = append(all, calendar.Interval{From: away.from, To: at, Why: paused})
	}
	all = append(all, c.Intervals(at, due, basis)...)
	var counted time.Duration
	for _, i := range all {
		if i.Counted {
			counted += i.To.Sub(i.From)
		}
		k.story.Intervals = append(k.story.Intervals, &gridcasev1.Interval{From: timestamppb.New(i.From), To: timestamppb.New(i.To), Counted: i.Counted, Why: string(i.Why)})
	}
	k.story.CountedMinutes = counted.Minutes()
	return nil
}

// rests are the spans in which the clock did not count. One that it never came back from lasts to the due time, unless it is nothing else
// than that the work was done.
func (k *clock) rests() []span {
	if k.since.IsZero() || k.story.GetStopped() != nil && !k.since.Before(k.story.GetStopped().AsTime()) {
		return k.away
	}
	return append(k.away, span{k.since, k.story.GetDue().AsTime()})
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
