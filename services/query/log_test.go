package query_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/projection"
)

const (
	district = "610302"
	wang     = "00000000-0000-4000-8000-00000000aaaa"
)

// first is when the earliest case of these tests may be reported.
var first = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// step is an event, given when it happens and how long the work that begins with it may take, and the state after it.
type step struct {
	state gridcasev1.State
	event func(until time.Time) proto.Message
}

func runs(until time.Time, stages ...gridcasev1.Stage) (all []*gridcasev1.Clocks) {
	for _, stage := range stages {
		all = append(all, &gridcasev1.Clocks{Stage: stage, Due: timestamppb.New(until)})
	}
	return all
}

func stops(stages ...gridcasev1.Stage) (all []*gridcasev1.Clocks) {
	for _, stage := range stages {
		all = append(all, &gridcasev1.Clocks{Stage: stage})
	}
	return all
}

const (
	accept, verify, dispatch   = gridcasev1.Stage_STAGE_ACCEPT, gridcasev1.Stage_STAGE_VERIFY, gridcasev1.Stage_STAGE_DISPATCH
	handle, sendInspection     = gridcasev1.Stage_STAGE_HANDLE, gridcasev1.Stage_STAGE_SEND_INSPECTION
	reported, verifying, filed = gridcasev1.State_STATE_REPORTED, gridcasev1.State_STATE_VERIFYING, gridcasev1.State_STATE_FILED
	dispatched, handling       = gridcasev1.State_STATE_DISPATCHED, gridcasev1.State_STATE_HANDLING
	handled, closed, voided    = gridcasev1.State_STATE_HANDLED, gridcasev1.State_STATE_CLOSED, gridcasev1.State_STATE_VOIDED
	suspended                  = gridcasev1.State_STATE_SUSPENDED
)

var (
	report = step{reported, func(until time.Time) proto.Message {
		return &gridcasev1.CaseReported{CaseType: "parking.motor", Source: gridcasev1.Source_SOURCE_GRID_WORKER, Place: &gridcasev1.Place{Grid: "610302001001001"}, Clocks: runs(until, accept)}
	}}
	send = step{verifying, func(until time.Time) proto.Message {
		return &gridcasev1.VerificationRequested{Worker: wang, Clocks: runs(until, verify)}
	}}
	seen = step{reported, func(until time.Time) proto.Message {
		return &gridcasev1.VerificationSubmitted{Clocks: append(stops(verify), runs(until, accept)...)}
	}}
	file = step{filed, func(until time.Time) proto.Message {
		return &gridcasev1.CaseFiled{Condition: "C1", Clocks: append(stops(accept), runs(until, dispatch)...)}
	}}
	assign = step{dispatched, func(until time.Time) proto.Message {
		return &gridcasev1.CaseDispatched{Department: "roads", Clocks: append(stops(dispatch), runs(until, handle)...)}
	}}
	extend = step{handling, func(until time.Time) proto.Message {
		return &gridcasev1.ExtensionGranted{Clocks: runs(until, handle)}
	}}
	rests = step{suspended, func(until time.Time) proto.Message {
		waits := runs(until, handle)
		waits[0].Paused = true
		return &gridcasev1.CaseSuspended{Clocks: waits}
	}}
	resumes = step{handling, func(until time.Time) proto.Message { return &gridcasev1.CaseResumed{Clocks: runs(until, handle)} }}
	done    = step{handled, func(until time.Time) proto.Message {
		return &gridcasev1.HandlingReported{Clocks: append(stops(handle), runs(until, sendInspection)...)}
	}}
	ends  = step{closed, func(time.Time) proto.Message { return &gridcasev1.CaseClosed{Clocks: stops(sendInspection)} }}
	visit = step{closed, func(time.Time) proto.Message {
		return &gridcasev1.VisitRecorded{Satisfaction: gridcasev1.Satisfaction_SATISFACTION_SATISFIED}
	}}
	appeal = step{closed, func(time.Time) proto.Message {
		return &gridcasev1.AppealDecided{Decision: gridcasev1.Decision_DECISION_APPROVE}
	}}
	reopen = step{filed, func(until time.Time) proto.Message {
		return &gridcasev1.CaseReopened{Condition: "C1", Clocks: runs(until, dispatch)}
	}}
	void = step{voided, func(time.Time) proto.Message {
		return &gridcasev1.CaseVoided{Clocks: stops(accept, dispatch, handle, sendInspection)}
	}}
)

var ways = [][]step{
	{report, file, assign, done, ends, visit, appeal}, {report, send, seen, file, assign, extend, done, ends}, {report, file, assign, rests, resumes, done, ends, reopen, assign, done, ends, appeal},
	{report, file, assign, void}, {report, file, assign, done, void},
}

// drawLog draws cases in the logs of two years: an event's place in its log is that of its time, or, where everything was imported, any.
func drawLog(t *rapid.T) []projection.Event {
	var log []projection.Event
	for n := range rapid.IntRange(1, 8).Draw(t, "cases") {
		way := rapid.SampledFrom(ways).Draw(t, "way")
		at := first.Add(time.Duration(rapid.IntRange(0, 60*24).Draw(t, "reported")) * time.Hour)
		year := rapid.IntRange(2025, 2026).Draw(t, "year")
		for i, s := range way[:rapid.IntRange(1, len(way)).Draw(t, "steps")] {
			log = append(log, eventOf(n, year, i, at, s.state, s.event(at.Add(hours(t, "limit")))))
			at = at.Add(hours(t, "takes"))
		}
	}
	if rapid.Bool().Draw(t, "imported") {
		shuffle(log, rapid.Uint64().Draw(t, "seed"))
	} else {
		slices.SortStableFunc(log, func(a, b projection.Event) int { return a.Time.Compare(b.Time) })
	}
	last := map[int]uint64{}
	for i := range log {
		last[log[i].Year]++
		log[i].Seq = last[log[i].Year]
	}
	return log
}

// hours are few, or many days.
func hours(t *rapid.T, label string) time.Duration {
	return time.Duration(rapid.SampledFrom([]int{0, 1, 5, 30, 400, 1500}).Draw(t, label)) * time.Hour
}

// shuffle puts events in any order in which each case's are in theirs.
func shuffle(log []projection.Event, seed uint64) {
	slots := make([]string, len(log))
	byCase := map[string][]projection.Event{}
	for i, e := range log {
		slots[i], byCase[e.CaseID] = e.CaseID, append(byCase[e.CaseID], e)
	}
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(slots), func(i, k int) { slots[i], slots[k] = slots[k], slots[i] })
	for i, id := range slots {
		log[i], byCase[id] = byCase[id][0], byCase[id][1:]
	}
}

func eventOf(n, year, i int, at time.Time, state gridcasev1.State, m proto.Message) projection.Event {
	payload, err := proto.Marshal(m)
	if err != nil {
		panic(err)
	}
	id := fmt.Sprintf("019cad5b-8000-7000-8000-%012x", n)
	return projection.Event{Message: m, Event: eventstore.Event{District: district, Year: year, CaseID: id, Payload: payload, Envelope: gridcasev1.Envelope{ID: fmt.Sprintf("00000000-0000-5000-8000-%06x%06x", n, i),
		Type: gridcasev1.EventType(m), Time: at, Version: uint64(i + 1), CommandID: "c", Actor: wang, Grid: "610302001001001", State: state}}}
}
