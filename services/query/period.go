package query

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/gridcase/gridcase/pkg/fault"
)

// longest is the longest period that figures are computed of.
const longest = 400 * 24 * time.Hour

// periodic is a request of a period.
type periodic interface {
	GetFrom() *timestamppb.Timestamp
	GetTo() *timestamppb.Timestamp
	GetFromDay() string
	GetToDay() string
}

// period reads the period of a request, in times or in civil days of the zone. A fault has the code.
func period(q periodic, zone *time.Location, code string) (from, to time.Time, err error) {
	from, to = q.GetFrom().AsTime(), q.GetTo().AsTime()
	days := q.GetFromDay() != "" || q.GetToDay() != ""
	if days == (q.GetFrom() != nil || q.GetTo() != nil) {
		return from, to, fault.BadField("from", code, "a period is given by from and to, or by from_day and to_day")
	}
	if days {
		from, err = time.ParseInLocation(time.DateOnly, q.GetFromDay(), zone)
		if err == nil {
			to, err = time.ParseInLocation(time.DateOnly, q.GetToDay(), zone)
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
