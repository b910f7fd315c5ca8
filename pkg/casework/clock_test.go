package casework_test

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
)

// runs is the reading of a clock that runs until due; see on.
func runs(stage gridcasev1.Stage, warn, due string, l *gridcasev1.Limit) *gridcasev1.Clocks {
	return &gridcasev1.Clocks{Stage: stage, WarnAt: timestamppb.New(on(warn)), Due: timestamppb.New(on(due)), Limit: l}
}

// pauses is the reading of a clock that waits, with the due time that it had.
func pauses(stage gridcasev1.Stage, warn, due string, l *gridcasev1.Limit) *gridcasev1.Clocks {
	k := runs(stage, warn, due, l)
	k.Paused = true
	return k
}

// stops is the reading of a clock that stops.
func stops(stage gridcasev1.Stage) *gridcasev1.Clocks { return &gridcasev1.Clocks{Stage: stage} }

// keeps is the reading of a stopped clock that takes a limit along; nil: none.
func keeps(stage gridcasev1.Stage, l *gridcasev1.Limit) *gridcasev1.Clocks {
	if l == nil {
		l = &gridcasev1.Limit{}
	}
	return &gridcasev1.Clocks{Stage: stage, Limit: l}
}

type clocks = []*gridcasev1.Clocks

// running returns the stages whose clock runs or is paused.
func running(c casework.Case) []gridcasev1.Stage {
	var stages []gridcasev1.Stage
	for stage, k := range c.Clocks.All() {
		if !k.Due.IsZero() {
			stages = append(stages, stage)
		}
	}
	return stages
}

func stamp(t time.Time) *timestamppb.Timestamp { return timestamppb.New(t) }

// ticks tells whether the stage's clock runs and is not paused.
func ticks(c casework.Case, stage gridcasev1.Stage) bool {
	return !c.Clocks.Of(stage).Due.IsZero() && c.Clocks.Of(stage).Paused().IsZero()
}
