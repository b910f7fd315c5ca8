package programme

import (
	"slices"
	"strings"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// Roads adds projects up by road, by name; cancelled ones are left out.
func Roads(projects []*gridcasev1.Project) []*gridcasev1.RoadProgress {
	byName := map[string]*gridcasev1.RoadProgress{}
	var roads []*gridcasev1.RoadProgress
	for _, p := range projects {
		if p.GetState() == gridcasev1.ProjectState_PROJECT_STATE_CANCELLED {
			continue
		}
		r := byName[p.GetRoad()]
		if r == nil {
			r = &gridcasev1.RoadProgress{Road: p.GetRoad(), Progress: &gridcasev1.WorksProgress{}}
			byName[r.Road] = r
			roads = append(roads, r)
		}
		add(r, p)
	}
	slices.SortFunc(roads, func(a, b *gridcasev1.RoadProgress) int { return strings.Compare(a.GetRoad(), b.GetRoad()) })
	return roads
}

func add(r *gridcasev1.RoadProgress, p *gridcasev1.Project) {
	r.Projects++
	if p.GetState() == gridcasev1.ProjectState_PROJECT_STATE_ACCEPTED {
		r.Accepted++
	}
	for _, k := range p.GetPermits() {
		if k.GetInForce() {
			r.PermitsInForce++
		}
	}
	sum, of := r.Progress, p.GetProgress()
	sum.Segments += of.GetSegments()
	sum.SegmentsCompleted += of.GetSegmentsCompleted()
	sum.SegmentsPassed += of.GetSegmentsPassed()
	sum.LengthM += of.GetLengthM()
	sum.CompletedM += of.GetCompletedM()
	sum.PassedM += of.GetPassedM()
	r.DelayedDays = max(r.DelayedDays, p.GetDelayedDays())
	r.OpenCases += p.GetOpenCases()
	r.EndedCases += p.GetEndedCases()
}
