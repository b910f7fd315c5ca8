package main

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// asOfArgs name a moment of the past.
type asOfArgs struct {
	AsOf string `help:"As it was then: a time such as 2026-11-01T08:00:00+08:00, or positions of the logs, separated by commas." placeholder:"MOMENT"`
}

// moment reads the flag; nil where the present is meant.
func (a asOfArgs) moment() (*gridcasev1.AsOf, error) {
	if a.AsOf == "" {
		return nil, nil
	}
	if at, err := time.Parse(time.RFC3339Nano, a.AsOf); err == nil {
		return &gridcasev1.AsOf{At: timestamppb.New(at)}, nil
	}
	if !strings.Contains(a.AsOf, ":") || strings.Contains(a.AsOf, "T") {
		return nil, fmt.Errorf("--as-of %s: give a time such as 2026-11-01T08:00:00+08:00, or positions such as 610302-2026:17", a.AsOf)
	}
	return &gridcasev1.AsOf{Positions: strings.Split(a.AsOf, ",")}, nil
}
