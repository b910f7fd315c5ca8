package casework_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
)

// fits is a command that only what the case is like can stand against, by somebody who may send it.
func fits(command string, c *casework.Case, f *casework.Facts) step {
	s := fitting[command](c, f)
	s.at = "02 09:00"
	s.with = func(g *casework.Facts) { g.Now, g.Catalogue, g.Calendar = f.Now, f.Catalogue, f.Calendar }
	return s
}

// fitting makes every command of the contract fit.
var fitting = map[string]func(c *casework.Case, f *casework.Facts) step{
	"ReportCase":   by("worker", parking()),
	"ReportAndFix": by("worker", &gridcasev1.ReportAndFix{CaseType: "road.spill", Condition: "R1", Point: spot(1), Photos: show("before", "after")}),
	"AmendReport":  by("acceptor", &gridcasev1.AmendReport{Description: "a text"}),
	"RequestVerification": func(c *casework.Case, _ *casework.Facts) step {
		return step{by: "acceptor", cmd: &gridcasev1.RequestVerification{Worker: anotherWorker(c, nil)}}
	},
	"SubmitVerification": func(c *casework.Case, _ *casework.Facts) step {
		return step{by: named(c.Worker), cmd: finds.cmd}
	},
	"FileCase": func(c *casework.Case, _ *casework.Facts) step {
		return step{by: "leader", cmd: &gridcasev1.FileCase{Condition: usualCondition[c.Type], Waiver: gridcasev1.VerificationWaiver_VERIFICATION_WAIVER_EVIDENCE, Reason: "a text"}}
	},
	"DeclineCase":    by("acceptor", declines.cmd),
	"DispatchCase":   by("dispatcher", dispatches.cmd),
	"SendBack":       by("dispatcher", &gridcasev1.SendBack{Reason: "a text"}),
	"RecallDispatch": by("dispatcher", &gridcasev1.RecallDispatch{Reason: "a text"}),
	"SignTask":       byManager(signs.cmd),
	"AssignHandler": func(c *casework.Case, _ *casework.Facts) step {
		return step{by: managerOf(c), cmd: &gridcasev1.AssignHandler{Handler: anotherHandler(c)}}
	},
	"RevokeHandler":     byManager(&gridcasev1.RevokeHandler{}),
	"RequestReturn":     byManager(asksForReturn.cmd),
	"DecideReturn":      by("dispatcher", &gridcasev1.DecideReturn{Decision: refuse}),
	"WithdrawReturn":    byManager(&gridcasev1.WithdrawReturn{}),
	"RequestExtension":  byManager(&gridcasev1.RequestExtension{Reason: "a text"}),
	"DecideExtension":   by("dispatcher", &gridcasev1.DecideExtension{Decision: refuse}),
	"RequestSuspension": asksUntilTomorrow,
	"DecideSuspension":  by("dispatcher", &gridcasev1.DecideSuspension{Decision: refuse}),
	"ResumeCase":        by("dispatcher", &gridcasev1.ResumeCase{}),
	"ReportHandling": func(c *casework.Case, _ *casework.Facts) step {
		return step{by: managerOf(c), cmd: &gridcasev1.ReportHandling{Outcome: resolved, Fields: closingFields(c), Photos: show("after")}}
	},
	"RequestInspection": func(c *casework.Case, _ *casework.Facts) step {
		return step{by: "acceptor", cmd: &gridcasev1.RequestInspection{Worker: anotherWorker(c, c.Hands)}}
	},
	"SubmitInspection": func(c *casework.Case, _ *casework.Facts) step {
		return step{by: named(c.Worker), cmd: passes.cmd}
	},
	"PassAudit":   by("acceptor", &gridcasev1.PassAudit{}),
	"OrderRework": by("dispatcher", &gridcasev1.OrderRework{Reason: "a text"}),
	"CloseCase": func(c *casework.Case, f *casework.Facts) step {
		condition, _ := f.Catalogue.Condition(c.Type, c.Condition)
		return step{by: "leader", cmd: &gridcasev1.CloseCase{Checklist: condition.GetChecklist()}}
	},
	"ReopenCase":        by("acceptor", &gridcasev1.ReopenCase{Reason: "a text"}),
	"MergeCase":         by("acceptor", &gridcasev1.MergeCase{PrimaryId: "another", Reason: "a text"}),
	"UnmergeCase":       by("acceptor", &gridcasev1.UnmergeCase{Reason: "a text"}),
	"SplitCase":         by("dispatcher", &gridcasev1.SplitCase{Children: []*gridcasev1.ChildInput{{CaseId: "a-new-one", CaseType: "drain.pipe"}}, Reason: "a text"}),
	"RelocateCase":      by("acceptor", &gridcasev1.RelocateCase{Point: spot(2), Reason: "a text"}),
	"ReclassifyCase":    turnsAround,
	"SetPriority":       setsAnotherPriority,
	"RequestVoid":       by("dispatcher", &gridcasev1.RequestVoid{Reason: "a text"}),
	"DecideVoid":        by("leader", &gridcasev1.DecideVoid{Decision: refuse}),
	"RequestForceClose": by("leader", &gridcasev1.RequestForceClose{Reason: "a text"}),
	"DecideForceClose": func(c *casework.Case, _ *casework.Facts) step {
		return step{by: anotherLeader(c), cmd: &gridcasev1.DecideForceClose{Decision: refuse}}
	},
	"UrgeCase":         by("supervisor", &gridcasev1.UrgeCase{Kind: gridcasev1.UrgeKind_URGE_KIND_LEADER}),
	"ReplyUrge":        byManager(&gridcasev1.ReplyUrge{Note: "a text"}),
	"RecordVisit":      by("acceptor", &gridcasev1.RecordVisit{Outcome: gridcasev1.VisitOutcome_VISIT_OUTCOME_NOT_REACHED}),
	"RecordFeedback":   by("acceptor", &gridcasev1.RecordFeedback{Satisfaction: gridcasev1.Satisfaction_SATISFACTION_NEUTRAL}),
	"AppealOverdue":    byManager(&gridcasev1.AppealOverdue{Reason: "a text"}),
	"ForwardAppeal":    by("dispatcher", &gridcasev1.ForwardAppeal{}),
	"DecideAppeal":     by("acceptor", &gridcasev1.DecideAppeal{Decision: refuse}),
	"AddNote":          by("supervisor", &gridcasev1.AddNote{Text: "a text"}),
	"AddAttachment":    attachesAnother,
	"RedactAttachment": hidesShown,
	"OpenChild":        by(theSystem, &gridcasev1.OpenChild{Parent: "parent", Child: &gridcasev1.Child{CaseId: "child", CaseType: "drain.pipe", Number: "1", Place: place(1)}}),
	"LinkDuplicate": func(c *casework.Case, _ *casework.Facts) step {
		return step{by: theSystem, cmd: &gridcasev1.LinkDuplicate{Duplicate: fmt.Sprintf("duplicate-%d", c.Version), CaseType: c.Type, Point: c.Place.GetPoint()}}
	},
	"UnlinkDuplicate": func(c *casework.Case, _ *casework.Facts) step {
		return step{by: theSystem, cmd: &gridcasev1.UnlinkDuplicate{Duplicate: strings.Join(c.Duplicates[:min(1, len(c.Duplicates))], "")}}
	},
	"OfferUnmerge": func(c *casework.Case, _ *casework.Facts) step {
		return step{by: theSystem, cmd: &gridcasev1.OfferUnmerge{Primary: c.Primary, State: notFiled}}
	},
	"SettleChild": func(c *casework.Case, _ *casework.Facts) step {
		return step{by: theSystem, cmd: &gridcasev1.SettleChild{Child: childOf(c, false), State: closed}}
	},
	"ReopenChild": func(c *casework.Case, _ *casework.Facts) step {
		return step{by: theSystem, cmd: &gridcasev1.ReopenChild{Child: childOf(c, true)}}
	},
	"WarnStage": func(c *casework.Case, f *casework.Facts) step {
		stage := toWarn(c, f)
		return step{by: theSystem, cmd: &gridcasev1.WarnStage{Stage: stage, Due: stamp(c.Clocks.Of(stage).Due)}}
	},
	"BreachStage": func(c *casework.Case, f *casework.Facts) step {
		stage := toBreach(c, f)
		return step{by: theSystem, cmd: &gridcasev1.BreachStage{Stage: stage, Due: stamp(c.Clocks.Of(stage).Due)}}
	},
	"EscalateCase": func(c *casework.Case, f *casework.Facts) step {
		stage, level := toEscalate(c, f)
		return step{by: theSystem, cmd: &gridcasev1.EscalateCase{Stage: stage, Due: stamp(c.Clocks.Of(stage).Due), Level: level}}
	},
	"CorrectDeadline": by(theSystem, &gridcasev1.CorrectDeadline{}),
}

// by is somebody's command that is the same for every case.
func by(who string, cmd casework.Command) func(*casework.Case, *casework.Facts) step {
	return func(*casework.Case, *casework.Facts) step { return step{by: who, cmd: cmd} }
}

// byManager is a command of the department that has the case.
func byManager(cmd casework.Command) func(*casework.Case, *casework.Facts) step {
	return func(c *casework.Case, _ *casework.Facts) step { return step{by: managerOf(c), cmd: cmd} }
}

func managerOf(c *casework.Case) string {
	if c.Department == "water" {
		return "water-manager"
	}
	return "manager"
}

// named is the grid worker whose task it is; any where nobody's.
func named(worker string) string {
	if worker == "" {
		return "worker"
	}
	return worker
}

// anotherWorker may be sent to the case, is not one of these, and not who has the task.
func anotherWorker(c *casework.Case, not []string) string {
	for _, u := range staff.Workers(c.Place, not) {
		if u.GetId() != c.Worker {
			return u.GetId()
		}
	}
	return "nobody"
}

func anotherHandler(c *casework.Case) string {
	i := slices.IndexFunc(staff, func(u *gridcasev1.User) bool {
		return u.GetRole() == gridcasev1.Role_ROLE_HANDLER && u.GetDepartment() == c.Department && u.GetId() != c.Handler
	})
	return staff[max(i, 0)].GetId()
}

func anotherLeader(c *casework.Case) string {
	if c.ForceCloseBy == "leader" {
		return "second-leader"
	}
	return "leader"
}

// usualCondition is a condition in use, by type.
var usualCondition = map[string]string{"parking.motor": "C2", "drain.pipe": "B2", "road.spill": "R1"}

// closingFields are those that the case's condition is closed with.
func closingFields(c *casework.Case) []*gridcasev1.FieldInput {
	if c.Condition == "C3" {
		return []*gridcasev1.FieldInput{ticket("T-1")}
	}
	return nil
}

func asksUntilTomorrow(c *casework.Case, f *casework.Facts) step {
	return step{by: managerOf(c), cmd: &gridcasev1.RequestSuspension{Kind: engineering, Until: stamp(f.Now.Add(24 * time.Hour)), Reason: "a text"}}
}

func turnsAround(c *casework.Case, _ *casework.Facts) step {
	turn := &gridcasev1.ReclassifyCase{CaseType: "parking.motor", Reason: "a text"}
	if c.Type == turn.GetCaseType() {
		turn.CaseType = "drain.pipe"
	}
	if c.Condition != "" {
		turn.Condition = usualCondition[turn.GetCaseType()]
	}
	return step{by: "dispatcher", cmd: turn}
}

func setsAnotherPriority(c *casework.Case, _ *casework.Facts) step {
	next := gridcasev1.Priority_PRIORITY_URGENT
	if c.Priority == next {
		next = gridcasev1.Priority_PRIORITY_NORMAL
	}
	return step{by: "acceptor", cmd: &gridcasev1.SetPriority{Priority: next, Reason: "a text"}}
}

func attachesAnother(c *casework.Case, _ *casework.Facts) step {
	return step{by: "acceptor", cmd: &gridcasev1.AddAttachment{Attachment: &gridcasev1.Attachment{Sha256: fmt.Sprintf("f%063x", c.Version), MediaType: "image/jpeg", Size: 1}}}
}

func hidesShown(c *casework.Case, _ *casework.Facts) step {
	return step{by: "leader", cmd: &gridcasev1.RedactAttachment{Sha256: shownFile(c), Reason: "a text"}}
}

// shownFile is a file of the case that is not hidden; empty where there is none.
func shownFile(c *casework.Case) string {
	i := slices.IndexFunc(c.Attachments, func(a casework.Attachment) bool { return !a.Redacted })
	if i < 0 {
		return ""
	}
	return c.Attachments[i].SHA256
}

// childOf is a child of the case that is settled, or one that is open; empty where there is none.
func childOf(c *casework.Case, settled bool) string {
	i := slices.IndexFunc(c.Children, func(k casework.ChildCase) bool { return k.Settled() == settled })
	if i < 0 {
		return ""
	}
	return c.Children[i].ID
}
