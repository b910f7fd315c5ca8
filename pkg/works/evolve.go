package works

import (
	"slices"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// Evolve returns p after r. It never fails: r has happened.
func Evolve(p Project, r Recorded) Project {
	p.apply(r.Message, r.Envelope)
	p.Version, p.Seq, p.Hash, p.At = r.Envelope.Version, r.Seq, r.Hash, r.Envelope.Time
	done := Done{ID: r.Envelope.CommandID, Hash: r.Envelope.CommandHash, Version: p.Version, Seq: p.Seq, State: p.State}
	p.Commands = append(slices.Clip(p.Commands), done)
	return p
}

// apply is the whole list of events.
func (p *Project) apply(m proto.Message, env *gridcasev1.Envelope) {
	switch e := m.(type) {
	case *gridcasev1.ProjectPlanned:
		p.projectPlanned(e)
	case *gridcasev1.PermitGranted:
		p.permitGranted(e)
	case *gridcasev1.PermitExtended:
		p.permitExtended(e)
	case *gridcasev1.PermitRevoked:
		p.permitRevoked(e, env)
	case *gridcasev1.WorksStarted:
		p.worksStarted(env)
	case *gridcasev1.SegmentCompleted:
		p.segmentCompleted(e, env)
	case *gridcasev1.SegmentInspected:
		p.segmentInspected(e, env)
	case *gridcasev1.ProjectAccepted:
		p.end(gridcasev1.ProjectState_PROJECT_STATE_ACCEPTED, env)
	case *gridcasev1.ProjectDelayed:
		p.PlannedEnd = e.GetPlannedEnd().AsTime()
	case *gridcasev1.ProjectCancelled:
		p.end(gridcasev1.ProjectState_PROJECT_STATE_CANCELLED, env)
	}
}

// end notes when the project ended: none of its permits holds from then on.
func (p *Project) end(state gridcasev1.ProjectState, env *gridcasev1.Envelope) {
	p.State, p.EndedAt = state, env.Time
}
