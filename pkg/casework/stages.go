package casework

import (
	"iter"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// stages is how many stages the contract has, the unspecified one included.
const stages = 10

// Clocks are a case's clocks by stage, nil where there is none. A desk has one while its work waits and has a limit; afterwards it is kept that
// it was overdue, and nothing else. Handling has one from dispatch, or from a self-fix, until the case starts anew. A clock is replaced and never
// written into, so that cases share it.
type Clocks [stages]*Clock

// Of returns the clock of a stage, the zero one where there is none.
func (all *Clocks) Of(stage gridcasev1.Stage) Clock {
	if stage < 0 || int(stage) >= len(all) || all[stage] == nil {
		return Clock{}
	}
	return *all[stage]
}

// All yields the stages that have a clock.
func (all *Clocks) All() iter.Seq2[gridcasev1.Stage, Clock] {
	return func(yield func(gridcasev1.Stage, Clock) bool) {
		for stage, k := range all {
			if k != nil && !yield(gridcasev1.Stage(stage), *k) {
				return
			}
		}
	}
}

// change puts another clock in a stage's place. A stage that this build doesn't know has none.
func (all *Clocks) change(stage gridcasev1.Stage, to func(Clock) Clock) {
	if stage > 0 && int(stage) < len(all) {
		k := to(all.Of(stage))
		all[stage] = &k
	}
}

// end takes a desk's clock away. That it was overdue stays.
func (all *Clocks) end(stage gridcasev1.Stage) {
	switch k := all.Of(stage); {
	case k.Breached:
		all[stage] = &Clock{Breached: true}
	case !k.Due.IsZero():
		all[stage] = nil
	}
}
