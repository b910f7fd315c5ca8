package eventstore

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gridcase/gridcase/pkg/fault"
)

// Position is a place in the log: a sequence in one district's stream of one year. Positions of different streams have no order.
type Position struct {
	District string
	Year     int
	Seq      uint64
}

// String returns the position as the API shows it: "610302-2026:17".
func (p Position) String() string {
	return p.District + "-" + ofYear(p.Year) + ":" + strconv.FormatUint(p.Seq, 10)
}

// ofYear is a year in four digits.
func ofYear(year int) string {
	if year >= 1000 {
		return strconv.Itoa(year)
	}
	return fmt.Sprintf("%04d", year)
}

// ParsePosition reads what String wrote. Anything else is an Invalid fault.
func ParsePosition(s string) (Position, error) {
	bad := fault.BadField("at_least", "position.malformed", "a position looks like 610302-2026:17")
	stream, seq, ok := strings.Cut(s, ":")
	district, year, ok2 := strings.Cut(stream, "-")
	if !ok || !ok2 || !digits(district, 6) || !digits(year, 4) {
		return Position{}, bad
	}
	n, err := strconv.ParseUint(seq, 10, 63)
	if err != nil {
		return Position{}, bad
	}
	y, _ := strconv.Atoi(year)
	return Position{District: district, Year: y, Seq: n}, nil
}

// Case names a case in the log.
type Case struct {
	District string
	Year     int // the UTC year of the case id's own time: for life
	ID       string
}

// CaseOf returns the case that an id names in a district. The id must be a UUID of version 7, in lower case; else an Invalid fault.
func CaseOf(district, id string) (Case, error) {
	at, ok := IDTime(id)
	if !ok {
		return Case{}, fault.BadField("target.case_id", "case.id", "a case id is a UUID of version 7 in lower case")
	}
	if !digits(district, 6) {
		return Case{}, fault.BadField("target.district", "district.malformed", "a district is 6 digits")
	}
	return Case{District: district, Year: at.Year(), ID: id}, nil
}

// Subject is the case's own subject.
func (c Case) Subject() string { return "cases." + c.District + "." + ofYear(c.Year) + "." + c.ID }

func (c Case) stream() string { return streamName(c.District, c.Year) }

func (c Case) name(e *Event) { e.District, e.Year, e.CaseID = c.District, c.Year, c.ID }

// Key names what has a subject of its own in the log: a Case or a Project.
type Key interface {
	// Subject is its own subject.
	Subject() string
	stream() string
	name(e *Event)
}

// parseSubject reads what Subject wrote.
func parseSubject(subject string) (Key, bool) {
	parts := strings.Split(subject, ".")
	switch {
	case len(parts) == 4 && parts[0] == "cases":
		year, err := strconv.Atoi(parts[2])
		return Case{District: parts[1], Year: year, ID: parts[3]}, err == nil
	case len(parts) == 3 && parts[0] == "works":
		return Project{District: parts[1], Code: parts[2]}, true
	}
	return nil, false
}

func digits(s string, n int) bool {
	if len(s) != n {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
