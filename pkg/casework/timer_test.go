package casework_test

import (
	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/calendar"
	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/fault"
)

func warns(at string, stage gridcasev1.Stage, due string) step {
	return bySystem(at, &gridcasev1.WarnStage{Stage: stage, Due: stamp(on(due))})
}

func breaches(at string, stage gridcasev1.Stage, due string) step {
	return bySystem(at, &gridcasev1.BreachStage{Stage: stage, Due: stamp(on(due))})
}

func escalates(at string, level uint32) step {
	s := bySystem(at, &gridcasev1.EscalateCase{Stage: handle, Due: stamp(on("02 11:10")), Level: level})
	s.with = raising
	return s
}

// raising is a city that takes a case up when handling is overdue: to the centre at once, to the district after two working hours.
func raising(f *casework.Facts) {
	f.Catalogue = under(&gridcasev1.Policy{Escalations: []*gridcasev1.EscalationRule{{Stage: handle, Level: 1}, {Stage: handle, Level: 2, After: twoWorking}}})
}

// tuesdayOff is the district's calendar when Tuesday became a holiday.
func tuesdayOff(f *casework.Facts) {
	v := weekdays()
	v.Version, v.Holidays = 3, []string{"2026-11-03"}
	f.Calendar = must(calendar.New(v))
}

// bounce is one more dispatch that comes back, at an hour from 10 on.
func bounce(hour string) []step {
	return []step{{by: "dispatcher", at: "02 " + hour + ":00", cmd: dispatches.cmd}, {by: "manager", at: "02 " + hour + ":05", cmd: asksForReturn.cmd}, answers("02 "+hour+":10", approve, "")}
}

// redo is one more handling that is sent back, at an hour from 10 on.
func redo(hour string) []step {
	return []step{{by: "manager", at: "02 " + hour + ":00", cmd: handles.cmd}, {by: "dispatcher", at: "02 " + hour + ":05", cmd: &gridcasev1.OrderRework{Reason: "a text"}}}
}

var (
	toBreached  = then(toHandling, breaches("02 11:11", handle, "02 11:10"))
	toDayLimit  = then([]step{{by: "worker", at: "02 09:00", cmd: &gridcasev1.ReportCase{CaseType: "drain.pipe", Point: spot(1)}}}, step{by: "acceptor", at: "02 09:05", cmd: &gridcasev1.FileCase{Condition: "B2"}}, dispatches, signs)
	twoBounces  = then(then(toFiled, bounce("09")...), bounce("10")...)
	twoReworks  = then(then(toHandling, redo("10")...), redo("11")...)
	onceRaised  = then(toBreached, escalates("02 11:12", 1))
	thirdReturn = then(then(then(twoBounces, step{by: "dispatcher", at: "02 11:00", cmd: dispatches.cmd}), step{by: "manager", at: "02 11:05", cmd: asksForReturn.cmd}))
)

var timerRows = []row{
	{rule: "at 80 % of the limit the stage is warned of", given: toHandling, when: warns("02 10:46", handle, "02 11:10"), event: &gridcasev1.StageWarned{Stage: handle, Due: stamp(on("02 11:10"))}, state: handling},
	{rule: "nobody is warned early", given: toHandling, when: warns("02 10:45", handle, "02 11:10"), kind: fault.Conflict, code: "timer.early"},
	{rule: "nobody is warned twice of one due time", given: then(toHandling, warns("02 10:46", handle, "02 11:10")), when: warns("02 10:47", handle, "02 11:10"), kind: fault.Conflict, code: "timer.passed"},
	{rule: "nobody is warned of what is overdue", given: toHandling, when: warns("02 11:11", handle, "02 11:10"), kind: fault.Conflict, code: "timer.passed"},
	{rule: "a timer of a due time that has moved is stale", given: toExtended, when: warns("02 10:46", handle, "02 11:10"), kind: fault.Conflict, code: "timer.stale"},
	{rule: "the new due time after an extension is warned of anew", given: then(toHandling, warns("02 10:46", handle, "02 11:10"), asksForMore("02 10:50"), decidesMore("02 10:55", approve)), when: warns("02 14:22", handle, "02 15:10"),
		event: &gridcasev1.StageWarned{Stage: handle, Due: stamp(on("02 15:10"))}, state: handling},
	{rule: "what is due at a moment is not overdue at that moment", given: toHandling, when: breaches("02 11:10", handle, "02 11:10"), kind: fault.Conflict, code: "timer.early"},
	{rule: "a stage is overdue after its due time", given: toHandling, when: breaches("02 11:11", handle, "02 11:10"), event: &gridcasev1.StageBreached{Stage: handle, Due: stamp(on("02 11:10"))}, state: handling,
		holds: func(c casework.Case) bool { return c.Clocks.Of(handle).Breached }},
	{rule: "a stage is overdue once", given: toBreached, when: breaches("02 11:12", handle, "02 11:10"), kind: fault.Conflict, code: "timer.passed"},
	{rule: "a stage whose clock has stopped is not overdue", given: toHandled, when: breaches("02 11:11", handle, "02 11:10"), kind: fault.Conflict, code: "timer.stale"},
	{rule: "a stage whose clock is paused is not overdue", given: toAskedReturn, when: breaches("02 11:11", handle, "02 11:10"), kind: fault.Conflict, code: "timer.stale"},
	{rule: "the breach of handling waits for the decision on an extension", given: toAskedForMore, when: breaches("02 11:11", handle, "02 11:10"), kind: fault.Conflict, code: "timer.waits"},
	{rule: "a desk's stage is overdue too", given: toReported, when: breaches("02 09:16", accept, "02 09:15"), event: &gridcasev1.StageBreached{Stage: accept, Due: stamp(on("02 09:15"))}, state: reported},
	{rule: "a closed case has no clocks to be overdue", given: toClosed, when: breaches("02 11:11", handle, "02 11:10"), kind: fault.Conflict, code: "timer.stale"},

	{rule: "an overdue case goes up a level by the city's policy", given: toBreached, when: escalates("02 11:12", 1),
		event: &gridcasev1.CaseEscalated{Level: 1, Cause: gridcasev1.EscalationCause_ESCALATION_CAUSE_OVERDUE, Stage: handle}, state: handling, holds: func(c casework.Case) bool { return c.Escalation == 1 }},
	{rule: "it goes up again when the policy's time is over: 11:10 and two working hours are 15:10", given: onceRaised, when: escalates("02 15:10", 2),
		event: &gridcasev1.CaseEscalated{Level: 2, Cause: gridcasev1.EscalationCause_ESCALATION_CAUSE_OVERDUE, Stage: handle}, state: handling},
	{rule: "it does not go up before", given: onceRaised, when: escalates("02 15:09", 2), kind: fault.Conflict, code: "timer.early"},
	{rule: "it does not go up to where it is", given: onceRaised, when: escalates("02 11:13", 1), kind: fault.Conflict, code: "timer.passed"},
	{rule: "it does not go up to a level that the policy doesn't name", given: onceRaised, when: escalates("02 15:10", 3), kind: fault.Conflict, code: "timer.passed"},
	{rule: "a case that is not overdue does not go up", given: toHandling, when: escalates("02 11:00", 1), kind: fault.Conflict, code: "timer.passed"},
	{rule: "the third bounce takes the case up to the district", given: thirdReturn, when: answers("02 11:10", approve, ""),
		event: &gridcasev1.ReturnApproved{Clocks: clocks{stops(decide), stops(sign), stops(handle), runs(dispatch, "02 11:22", "02 11:25", quarter)}},
		next:  &gridcasev1.CaseEscalated{Level: 2, Cause: gridcasev1.EscalationCause_ESCALATION_CAUSE_BOUNCES}, state: filed, holds: func(c casework.Case) bool { return c.Bounces == 3 && c.Escalation == 2 }},
	{rule: "the third rework takes the case up to the district", given: then(twoReworks, step{by: "manager", at: "02 14:00", cmd: handles.cmd}), when: step{by: "dispatcher", at: "02 14:05", cmd: &gridcasev1.OrderRework{Reason: "a text"}},
		event: &gridcasev1.ReworkOrdered{Reason: sealed("reason"), Clocks: clocks{stops(sendInspection), runs(handle, "02 14:29", "02 14:35", twoWorking)}},
		next:  &gridcasev1.CaseEscalated{Level: 2, Cause: gridcasev1.EscalationCause_ESCALATION_CAUSE_REWORKS}, state: handling, holds: func(c casework.Case) bool { return c.Reworks == 3 && c.Escalation == 2 }},

	{rule: "after a holiday was added the due time is counted anew: a working day from Monday 9:10 ends on Wednesday", given: toDayLimit, when: step{by: "system", at: "02 10:00", cmd: &gridcasev1.CorrectDeadline{}, with: tuesdayOff},
		event: &gridcasev1.DeadlineCorrected{Clocks: clocks{runs(handle, "02 17:34", "04 09:10", aWorkingDay)}}, state: handling},
	{rule: "a due time that the calendar does not change is not corrected", given: toHandling, when: step{by: "system", at: "02 10:00", cmd: &gridcasev1.CorrectDeadline{}, with: tuesdayOff}, kind: fault.Conflict, code: "deadline.same"},
	{rule: "a breach that is recorded stays, whatever the calendar says now", given: then(toDayLimit, breaches("03 09:11", handle, "03 09:10")), when: step{by: "system", at: "03 09:20", cmd: &gridcasev1.CorrectDeadline{}, with: tuesdayOff},
		kind: fault.Conflict, code: "deadline.same"},
	{rule: "a due time that has passed is not corrected", given: toDayLimit, when: step{by: "system", at: "03 09:20", cmd: &gridcasev1.CorrectDeadline{}, with: tuesdayOff}, kind: fault.Conflict, code: "deadline.same"},
	{rule: "a closed case has nothing to correct", given: toClosed, when: bySystem("03 09:00", &gridcasev1.CorrectDeadline{}), kind: fault.Conflict, code: "case.not_open"},
}
