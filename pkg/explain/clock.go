package explain

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// clock is one that an event started, with its story as far as it is told.
type clock struct {
	started time.Time
	away    []span    // when it did not count
	since   time.Time // since when it has not counted; zero: it counts
	story   *gridcasev1.DeadlineStory
}

// span is a stretch of time.
type span struct{ from, to time.Time }

func newClock(stage gridcasev1.Stage, at time.Time) *clock {
	return &clock{started: at, story: &gridcasev1.DeadlineStory{Stage: stage, Started: timestamppb.New(at)}}
}

func (k *clock) leave(at time.Time) {
	if k != nil && k.since.IsZero() {
		k.since = at
	}
}

func (k *clock) comeBack(at time.Time) {
	if k != nil && !k.since.IsZero() {
		k.away, k.since = append(k.away, span{k.since, at}), time.Time{}
	}
}

// step adds what an event did with the clock.
func (k *clock) step(e *Event, what string, due *timestamppb.Timestamp) {
	k.story.Steps = append(k.story.Steps, &gridcasev1.ClockStep{Version: e.Version, At: timestamppb.New(e.At), Event: string(e.Message.ProtoReflect().Descriptor().Name()),
		What: what, Due: due, CatalogueVersion: e.Catalogue, CalendarVersion: e.Calendar})
}

// stop ends the clock. Handling's may go on: for rework, or under another condition.
func (k *clock) stop(e *Event) {
	what := "stopped"
	if _, ok := e.Message.(*gridcasev1.CaseReclassified); ok { // the new condition has no limit, or it counts when rework is ordered
		what = "reclassified"
	}
	k.step(e, what, nil)
	if k.story.GetStopped() == nil {
		k.story.Stopped = timestamppb.New(e.At)
	}
}

// move says what an event that gives a due time did with a clock that was there; empty where it starts one.
func (k *clock) move(e *Event, r *gridcasev1.Clocks) string {
	switch e.Message.(type) {
	case *gridcasev1.ExtensionGranted:
		return "extended"
	case *gridcasev1.CaseReclassified:
		return "reclassified"
	case *gridcasev1.DeadlineCorrected:
		return "corrected"
	case *gridcasev1.ReworkOrdered:
		return "restarted"
	case *gridcasev1.CaseDispatched:
		return ""
	}
	switch rested := !k.since.IsZero(); {
	case r.GetPaused():
		k.leave(e.At)
		return "paused"
	case rested || r.GetStage() == gridcasev1.Stage_STAGE_HANDLE: // of handling the event has told it already
		k.comeBack(e.At)
		return "resumed"
	}
	return ""
}
