package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// periodArgs name a period.
type periodArgs struct {
	From string `help:"The first day of the period, a civil day in the district's zone; or a whole one: today, yesterday, this-week, last-week, this-month, last-month, this-year, last-year." placeholder:"2026-10-01" required:""`
	To   string `help:"The day after the period's last day: it is not in the period." placeholder:"2026-11-01"`
}

// periodNames are periods that need no end. What day it is in the district, the server knows.
var periodNames = []string{"today", "yesterday", "this-week", "last-week", "this-month", "last-month", "this-year", "last-year"}

// requested is a period as a request has it: two days, or a name.
type requested struct{ from, to, name string }

// period reads the flags.
func (a periodArgs) period() (requested, error) {
	named := slices.Contains(periodNames, a.From)
	switch {
	case named && a.To != "":
		return requested{}, fmt.Errorf("--from %s is a whole period: leave --to out", a.From)
	case named:
		return requested{name: a.From}, nil
	case a.To == "":
		return requested{}, errors.New("--to is missing: a period is given by --from and --to, or by --from " + strings.Join(periodNames, "|"))
	}
	return requested{from: a.From, to: a.To}, nil
}
