package whatif

import (
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// Result returns what was compared: groups by id, stages in the contract's order, clocks and routes in the order of the events, those of work
// that is still open behind them. Nothing is to be added after it.
func (s *Study) Result() *gridcasev1.WhatIfResponse {
	for _, id := range slices.Sorted(maps.Keys(s.open)) {
		k := s.open[id]
		for _, p := range k.open {
			if p != nil {
				p.own(&k.was)
				s.count(k, p)
			}
		}
	}
	answer := &gridcasev1.WhatIfResponse{From: stamp(s.o.From), To: stamp(s.o.To), Clocks: s.clocks, Routes: s.routes, Rerouted: s.rerouted,
		LeftOff: s.leftOff, Events: s.events, Cases: s.cases, Assumptions: Assumptions}
	for _, id := range slices.Sorted(maps.Keys(s.groups)) {
		answer.Groups = append(answer.Groups, &gridcasev1.WhatIfGroup{Id: id, Stages: s.groups[id].told()})
	}
	for _, id := range slices.Sorted(maps.Keys(s.loads)) {
		if s.o.Department == "" || s.o.Department == id {
			answer.Loads = append(answer.Loads, s.loads[id])
		}
	}
	return answer
}

// group is the work of each stage.
type group [stages]work

// told are the stages that had work.
func (g *group) told() (told []*gridcasev1.WhatIfStage) {
	for stage, n := range g {
		if n != (work{}) {
			told = append(told, &gridcasev1.WhatIfStage{Stage: gridcasev1.Stage(stage), Due: n.due, OnTime: n.onTime, WouldBeDue: n.wouldBeDue,
				WouldBeOnTime: n.wouldBeOnTime, BecameLate: n.becameLate, BecameOnTime: n.becameOnTime})
		}
	}
	return told
}

func stamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
