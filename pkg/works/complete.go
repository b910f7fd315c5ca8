package works

import (
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// completeSegment says that the works on a segment are done.
func completeSegment(p *Project, cmd *gridcasev1.CompleteSegment) (proto.Message, error) {
	if err := p.must("complete a segment", gridcasev1.ProjectState_PROJECT_STATE_UNDER_WAY); err != nil {
		return nil, err
	}
	s, err := p.mustHave(cmd.GetSegment())
	if err != nil {
		return nil, err
	}
	if completed(s) {
		return nil, fault.New(fault.Conflict, "segment.completed", "the segment is completed already")
	}
	return &gridcasev1.SegmentCompleted{Segment: s.ID}, nil
}

func (p *Project) segmentCompleted(e *gridcasev1.SegmentCompleted, env *gridcasev1.Envelope) {
	p.change(e.GetSegment(), func(s *Segment) { s.CompletedAt = env.Time })
	if p.all(completed) {
		p.State = gridcasev1.ProjectState_PROJECT_STATE_COMPLETED
	}
}
