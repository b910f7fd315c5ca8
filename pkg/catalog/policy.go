package catalog

import (
	"fmt"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// Policy is what a city decides for itself, its defaults filled in. The zero value is the default.
type Policy struct{ v *gridcasev1.Policy }

// NewPolicy returns the policy of a version; nil is the default.
func NewPolicy(v *gridcasev1.Policy) Policy { return Policy{v} }

// RemoteCheck tells whether an acceptor may close on a photo though a worker could inspect.
func (p Policy) RemoteCheck() bool { return p.v.GetRemoteCheck() }

// ReopenFor is how long after its end a case may be reopened.
func (p Policy) ReopenFor() time.Duration {
	return time.Duration(or(p.v.GetReopenDays(), 30)) * 24 * time.Hour
}

// DirectReturn tells whether a department's return needs no decision.
func (p Policy) DirectReturn() bool { return p.v.GetDirectReturn() }

// LeaderFiles tells whether only a shift leader files.
func (p Policy) LeaderFiles() bool { return p.v.GetLeaderFiles() }

// MaxExtensions is how many extensions of one handling are approved at most.
func (p Policy) MaxExtensions() uint32 {
	return given(p.v != nil && p.v.MaxExtensions != nil, p.v.GetMaxExtensions(), 2)
}

// MaxSuspensions is how often a case is suspended at most.
func (p Policy) MaxSuspensions() uint32 {
	return given(p.v != nil && p.v.MaxSuspensions != nil, p.v.GetMaxSuspensions(), 1)
}

// ReworkFloor is the part of the limit that rework has at least, in percent.
func (p Policy) ReworkFloor() uint32 {
	return given(p.v != nil && p.v.ReworkFloorPercent != nil, p.v.GetReworkFloorPercent(), 25)
}

// EscalateAt is how many bounces or reworks take a case up to level 2.
func (p Policy) EscalateAt() uint32 { return or(p.v.GetEscalateAt(), 3) }

// AutoVerification tells whether public reports are sent to a grid worker by themselves.
func (p Policy) AutoVerification() bool { return p.v.GetAutoVerification() }

// AutoInspection tells whether handled cases are sent to a grid worker by themselves.
func (p Policy) AutoInspection() bool { return p.v.GetAutoInspection() }

// Escalations are the levels that an overdue stage leads to.
func (p Policy) Escalations() []*gridcasev1.EscalationRule { return p.v.GetEscalations() }

// defaultMinutes are the limits of the desks' stages, wall clock. Unverified defaults of the trade (accept and dispatch 15 minutes, tasks on
// the spot 30 minutes, as several cities print them).
var defaultMinutes = map[gridcasev1.Stage]uint32{
	gridcasev1.Stage_STAGE_ACCEPT: 15, gridcasev1.Stage_STAGE_VERIFY: 30, gridcasev1.Stage_STAGE_DISPATCH: 15, gridcasev1.Stage_STAGE_SIGN: 30,
	gridcasev1.Stage_STAGE_DECIDE: 15, gridcasev1.Stage_STAGE_SEND_INSPECTION: 30, gridcasev1.Stage_STAGE_INSPECT: 30, gridcasev1.Stage_STAGE_CLOSE: 30,
}

// urgentMinutes is the limit of every desk stage of an urgent case; an unverified default.
const urgentMinutes = 10

// DeskLimit returns the limit of a desk's stage and whether the city's policy set it.
func (p Policy) DeskLimit(stage gridcasev1.Stage, urgent bool) (l *gridcasev1.Limit, byPolicy bool) {
	for _, s := range p.v.GetStages() {
		if s.GetStage() != stage {
			continue
		}
		if urgent && s.GetUrgent() != nil {
			return s.GetUrgent(), true
		}
		if !urgent && s.GetLimit() != nil {
			return s.GetLimit(), true
		}
	}
	minutes := defaultMinutes[stage]
	if urgent {
		minutes = urgentMinutes
	}
	return &gridcasev1.Limit{Value: minutes, Unit: gridcasev1.LimitUnit_LIMIT_UNIT_MINUTE, Basis: gridcasev1.LimitBasis_LIMIT_BASIS_WALL}, false
}

func or(n, otherwise uint32) uint32 {
	if n == 0 {
		return otherwise
	}
	return n
}

func given(is bool, n, otherwise uint32) uint32 {
	if is {
		return n
	}
	return otherwise
}

// policy checks what a city decides for itself.
func (c *checks) policy(p *gridcasev1.Policy) {
	stages := map[gridcasev1.Stage]bool{}
	for i, s := range p.GetStages() {
		at := fmt.Sprintf("policy.stages[%d]", i)
		if defaultMinutes[s.GetStage()] == 0 || stages[s.GetStage()] {
			c.bad(at+".stage", "catalogue.policy_stage", "a policy limits each stage of the desks once, and no other: %s", s.GetStage())
		}
		stages[s.GetStage()] = true
		if s.GetLimit() == nil && s.GetUrgent() == nil || s.GetLimit() != nil && !sound(s.GetLimit()) || s.GetUrgent() != nil && !sound(s.GetUrgent()) {
			c.bad(at+".limit", "catalogue.limit", "a limit of stage %s has a value above 0, a unit and a basis, and is at most a hundred years", s.GetStage())
		}
	}
	levels := map[gridcasev1.Stage]uint32{}
	for i, rule := range p.GetEscalations() {
		at := fmt.Sprintf("policy.escalations[%d]", i)
		if _, known := gridcasev1.Stage_name[int32(rule.GetStage())]; !known || rule.GetStage() == gridcasev1.Stage_STAGE_UNSPECIFIED {
			c.bad(at+".stage", "catalogue.policy_stage", "an escalation names the stage that is overdue")
		}
		if rule.GetLevel() <= levels[rule.GetStage()] || rule.GetLevel() > 3 {
			c.bad(at+".level", "catalogue.policy_level", "the levels of a stage rise, each of them once, from 1 to 3")
		}
		levels[rule.GetStage()] = rule.GetLevel()
		if rule.GetAfter() != nil && !sound(rule.GetAfter()) {
			c.bad(at+".after", "catalogue.limit", "the time to an escalation has a value above 0, a unit and a basis, and is at most a hundred years")
		}
	}
}
