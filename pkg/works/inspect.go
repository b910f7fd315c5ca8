package works

import (
	"time"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// inspectSegment says how a completed segment was found.
func inspectSegment(p *Project, cmd *gridcasev1.InspectSegment) (proto.Message, error) {
	if err := p.must("inspect a segment", gridcasev1.ProjectState_PROJECT_STATE_UNDER_WAY, gridcasev1.ProjectState_PROJECT_STATE_COMPLETED); err != nil {
		return nil, err
	}
	s, err := p.mustHave(cmd.GetSegment())
	if err != nil {
		return nil, err
	}
	if !completed(s) {
		return nil, fault.New(fault.Conflict, "segment.not_completed", "a segment is inspected when it is completed")
	}
	if passed(s) {
		return nil, fault.New(fault.Conflict, "segment.passed", "the segment has passed already")
	}
	return &gridcasev1.SegmentInspected{Segment: s.ID, Result: cmd.GetResult()}, nil
}

// segmentInspected takes a segment that failed back to where it is to be completed, and the project with it.
func (p *Project) segmentInspected(e *gridcasev1.SegmentInspected, env *gridcasev1.Envelope) {
	if e.GetResult() == gridcasev1.InspectionResult_INSPECTION_RESULT_PASS {
		p.change(e.GetSegment(), func(s *Segment) { s.PassedAt = env.Time })
		return
	}
	p.change(e.GetSegment(), func(s *Segment) { s.CompletedAt, s.Failures = time.Time{}, s.Failures+1 })
	p.State = gridcasev1.ProjectState_PROJECT_STATE_UNDER_WAY
}
