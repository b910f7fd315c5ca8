package works

import gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

// Progress adds up how far the project has come.
func (p *Project) Progress() *gridcasev1.WorksProgress {
	sum := &gridcasev1.WorksProgress{}
	for _, s := range p.Segments {
		sum.Segments++
		sum.LengthM += s.Metres
		if completed(s) {
			sum.SegmentsCompleted++
			sum.CompletedM += s.Metres
		}
		if passed(s) {
			sum.SegmentsPassed++
			sum.PassedM += s.Metres
		}
	}
	return sum
}
