package query

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/gridcase/gridcase/pkg/fault"
)

// longest is the longest period that figures are computed of.
const longest = 400 * 24 * time.Hour

// dated is a request about a period.
type dated interface {
	GetFrom() *timestamppb.Timestamp
	GetTo() *timestamppb.Timestamp
	GetFromDay() string
	GetToDay() string
	GetPeriod() string
}

// period reads the period of a request: in times, in civil days of the zone that now is in, or by name. code is that of its faults.
func period(q dated, code string, now time.Time) (from, to time.Time, err error) {
	times, days := q.GetFrom() != nil || q.GetTo() != nil, q.GetFromDay() != "" || q.GetToDay() != ""
	switch {
	case q.GetPeriod() != "" && !times && !days:
		from, to = named(q.GetPeriod(), now)
		return from, to, nil
	case q.GetPeriod() != "" || times == days:
		return from, to, fault.BadField("from", code, "a period is given by from and to, by from_day and to_day, or by its name")
	case times:
		if from, err = instant("from", q.GetFrom()); err != nil {
			return from, to, err
		}
		if to, err = instant("to", q.GetTo()); err != nil {
			return from, to, err
		}
	default:
		from, err = time.ParseInLocation(time.DateOnly, q.GetFromDay(), now.Location())
		if err == nil {
			to, err = time.ParseInLocation(time.DateOnly, q.GetToDay(), now.Location())
		}
		if err != nil {
			return from, to, fault.BadField("from_day", code, "from_day and to_day are days such as 2026-11-01; the last one is not in the period")
		}
	}
	if !from.Before(to) || to.Sub(from) > longest {
		return from, to, fault.BadField("to", code, "a period ends after it begins, and within 400 days")
	}
	return from, to, nil
}

// instant reads a time of a request; the zero time where there is none.
func instant(field string, t *timestamppb.Timestamp) (time.Time, error) {
	if t == nil {
		return time.Time{}, nil
	}
	if !t.IsValid() {
		return time.Time{}, fault.BadField(field, "time.invalid", "a time lies in the years 1 to 9999, with 0 to 999,999,999 nanoseconds")
	}
	return t.AsTime(), nil
}

// named is the civil day, week, month or year that a name means now: this one until now, or the whole one before.
func named(name string, now time.Time) (from, to time.Time) {
	day := func(year int, month time.Month, day int) time.Time {
		return time.Date(year, month, day, 0, 0, 0, 0, now.Location())
	}
	y, m, d := now.Date()
	monday := d - (int(now.Weekday())+6)%7
	switch name {
	case "today":
		return day(y, m, d), now
	case "yesterday":
		return day(y, m, d-1), day(y, m, d)
	case "this-week":
		return day(y, m, monday), now
	case "last-week":
		return day(y, m, monday-7), day(y, m, monday)
	case "this-month":
		return day(y, m, 1), now
	case "last-month":
		return day(y, m-1, 1), day(y, m, 1)
	case "this-year":
		return day(y, 1, 1), now
	}
	return day(y-1, 1, 1), day(y, 1, 1)
}
