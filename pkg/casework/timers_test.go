package casework_test

import (
	"slices"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
)

// counting is the first stage whose clock runs, is not paused, and is so; 0: none.
func counting(c *casework.Case, so func(stage gridcasev1.Stage, k casework.Clock) bool) gridcasev1.Stage {
	for stage, k := range c.Clocks.All() {
		if !k.Due.IsZero() && k.Paused().IsZero() && so(stage, k) {
			return stage
		}
	}
	return 0
}

// toWarn is a stage of which a timer has to warn.
func toWarn(c *casework.Case, f *casework.Facts) gridcasev1.Stage {
	return counting(c, func(_ gridcasev1.Stage, k casework.Clock) bool {
		return !k.Breached && !k.WarnedOf.Equal(k.Due) && !f.Now.Before(k.WarnAt) && !f.Now.After(k.Due)
	})
}

// toBreach is a stage that is overdue without a record of it.
func toBreach(c *casework.Case, f *casework.Facts) gridcasev1.Stage {
	return counting(c, func(stage gridcasev1.Stage, k casework.Clock) bool {
		return !k.Breached && f.Now.After(k.Due) && (stage != handle || c.Pending != extending)
	})
}

// toEscalate is an overdue stage whose level the city raises now, and the level.
func toEscalate(c *casework.Case, f *casework.Facts) (gridcasev1.Stage, uint32) {
	for _, rule := range f.Catalogue.Policy().Escalations() {
		stage := counting(c, func(stage gridcasev1.Stage, k casework.Clock) bool {
			return stage == rule.GetStage() && k.Breached && rule.GetLevel() > c.Escalation && !f.Now.Before(f.Calendar.Due(k.Due, rule.GetAfter()))
		})
		if stage != 0 {
			return stage, rule.GetLevel()
		}
	}
	return 0, 0
}

// toCorrect is a stage that may have another due time under another calendar: one of working time that is not over and not given by rework.
func toCorrect(c *casework.Case, f *casework.Facts) gridcasev1.Stage {
	working := func(l *gridcasev1.Limit) bool { return l.GetBasis() == gridcasev1.LimitBasis_LIMIT_BASIS_WORKING }
	for stage, k := range c.Clocks.All() {
		if !k.Due.IsZero() && !k.Breached && !k.Reworked && !f.Now.After(k.Due) && (working(k.Limit) || slices.ContainsFunc(k.Extensions, working)) {
			return stage
		}
	}
	return 0
}
