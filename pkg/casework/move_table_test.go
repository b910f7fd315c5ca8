package casework_test

import (
	"slices"
	"strings"
	"time"

	"github.com/gridcase/gridcase/pkg/casework"
)

// moveTable says which command a case takes where: one column a place (see places), x for taken, from the left: reported, verifying, filed,
// dispatched, handling, suspended, handled, handled by who reported it, inspecting, closed, not filed, voided, merged. Behind the bar stands
// what else must be so of the case (see circumstances); an exclamation mark: what must not.
var moveTable = map[string]string{
	//                     Re Ve Fi Di Ha Su Hd Hs In Cl No Vo Me
	"ReportCase":          ".  .  .  .  .  .  .  .  .  .  .  .  .",
	"ReportAndFix":        ".  .  .  .  .  .  .  .  .  .  .  .  .",
	"OpenChild":           ".  .  .  .  .  .  .  .  .  .  .  .  .",
	"AmendReport":         "x  x  .  .  .  .  .  .  .  .  .  .  .",
	"RequestVerification": "x  x  .  .  .  .  .  .  .  .  .  .  .",
	"SubmitVerification":  ".  x  .  .  .  .  .  .  .  .  .  .  .",
	"FileCase":            "x  .  .  .  .  .  .  x  .  .  .  .  . | !audited",
	"DeclineCase":         "x  .  .  .  .  .  .  .  .  .  .  .  .",
	"DispatchCase":        ".  .  x  .  .  .  .  .  .  .  .  .  . | !void !force",
	"SendBack":            ".  .  x  .  .  .  .  .  .  .  .  .  .",
	"RecallDispatch":      ".  .  .  x  x  .  .  .  .  .  .  .  .",
	"SignTask":            ".  .  .  x  .  .  .  .  .  .  .  .  . | !return",
	"AssignHandler":       ".  .  .  x  x  .  .  .  .  .  .  .  . | !return",
	"RevokeHandler":       ".  .  .  x  x  .  .  .  .  .  .  .  . | handler",
	"RequestReturn":       ".  .  .  x  x  .  .  .  .  .  .  .  . | !asked !handler",
	"DecideReturn":        ".  .  .  x  x  .  .  .  .  .  .  .  . | return",
	"WithdrawReturn":      ".  .  .  x  x  .  .  .  .  .  .  .  . | return",
	"RequestExtension":    ".  .  .  .  x  .  .  .  .  .  .  .  . | !asked limited !late !extended",
	"DecideExtension":     ".  .  .  .  x  .  .  .  .  .  .  .  . | extension",
	"RequestSuspension":   ".  .  .  .  x  .  .  .  .  .  .  .  . | !asked !suspended",
	"DecideSuspension":    ".  .  .  .  x  .  .  .  .  .  .  .  . | suspension",
	"ResumeCase":          ".  .  .  .  .  x  .  .  .  .  .  .  .",
	"ReportHandling":      ".  .  .  .  x  .  .  .  .  .  .  .  . | !return",
	"RequestInspection":   ".  .  .  .  .  .  x  x  x  .  .  .  .",
	"SubmitInspection":    ".  .  .  .  .  .  .  .  x  .  .  .  .",
	"PassAudit":           ".  .  .  .  .  .  .  x  .  .  .  .  . | !audited",
	"OrderRework":         ".  .  .  .  .  .  x  .  .  .  .  .  .",
	"CloseCase":           ".  .  .  .  .  .  x  x  .  .  .  .  . | passed !openChild !void !force",
	"ReopenCase":          ".  .  .  .  .  .  .  .  .  x  x  .  . | !over",
	"MergeCase":           "x  .  x  x  .  .  .  x  .  .  .  .  . | !openChild !duplicate",
	"UnmergeCase":         ".  .  .  .  .  .  .  .  .  .  .  .  x",
	"SplitCase":           ".  .  x  x  x  .  .  .  .  .  .  .  . | !child !tenChildren",
	"RelocateCase":        "x  x  x  x  x  x  x  x  x  .  .  .  .",
	"ReclassifyCase":      "x  x  x  x  x  x  x  x  x  .  .  .  .",
	"SetPriority":         "x  x  x  x  x  x  x  x  x  .  .  .  .",
	"RequestVoid":         "x  x  x  x  x  x  x  x  x  .  .  .  . | !void",
	"DecideVoid":          "x  x  x  x  x  x  x  x  x  .  .  .  . | void",
	"RequestForceClose":   "x  x  x  x  x  x  x  x  x  .  .  .  . | !force",
	"DecideForceClose":    "x  x  x  x  x  x  x  x  x  .  .  .  . | force",
	"UrgeCase":            "x  x  x  x  x  x  x  x  x  .  .  .  .",
	"ReplyUrge":           "x  x  x  x  x  x  x  x  x  .  .  .  . | urged department",
	"RecordVisit":         ".  .  .  .  .  .  .  .  .  x  .  .  . | !visited",
	"RecordFeedback":      ".  .  .  .  .  .  .  .  .  x  .  .  . | !fedBack",
	"AppealOverdue":       ".  .  .  .  .  .  .  .  .  x  .  .  . | department overdue !appealed",
	"ForwardAppeal":       ".  .  .  .  .  .  .  .  .  x  .  .  . | appealFiled",
	"DecideAppeal":        ".  .  .  .  .  .  .  .  .  x  .  .  . | appealForwarded",
	"AddNote":             "x  x  x  x  x  x  x  x  x  x  x  x  x",
	"AddAttachment":       "x  x  x  x  x  x  x  x  x  x  x  x  x",
	"RedactAttachment":    "x  x  x  x  x  x  x  x  x  x  x  x  x | file",
	"LinkDuplicate":       "x  x  x  x  x  x  x  x  x  .  .  .  .",
	"UnlinkDuplicate":     "x  x  x  x  x  x  x  x  x  x  x  x  x | duplicate",
	"OfferUnmerge":        ".  .  .  .  .  .  .  .  .  .  .  .  x",
	"SettleChild":         "x  x  x  x  x  x  x  x  x  x  x  x  x | openChild",
	"ReopenChild":         "x  x  x  x  x  x  x  x  x  x  x  x  x | settledChild",
	"WarnStage":           "x  x  x  x  x  .  x  x  x  .  .  .  . | toWarn",
	"BreachStage":         "x  x  x  x  x  .  x  x  x  .  .  .  . | toBreach",
	"EscalateCase":        "x  x  x  x  x  .  x  x  x  .  .  .  . | toEscalate",
	"CorrectDeadline":     "x  x  x  x  x  x  x  x  x  .  .  .  . | toCorrect",
}

// places are the columns of the table of moves.
var places = []string{"REPORTED", "VERIFYING", "FILED", "DISPATCHED", "HANDLING", "SUSPENDED", "HANDLED", "HANDLED by its reporter", "INSPECTING", "CLOSED", "NOT_FILED", "VOIDED", "MERGED"}

// standing names where the case stands.
func standing(c *casework.Case) string {
	if c.State == handled && c.SelfFixed {
		return "HANDLED by its reporter"
	}
	return strings.TrimPrefix(c.State.String(), "STATE_")
}

// circumstances are what beside its place decides what a case takes.
var circumstances = map[string]func(c *casework.Case, f *casework.Facts) bool{
	"handler":    func(c *casework.Case, _ *casework.Facts) bool { return c.Handler != "" },
	"department": func(c *casework.Case, _ *casework.Facts) bool { return c.Department != "" },
	"asked":      func(c *casework.Case, _ *casework.Facts) bool { return c.Pending != 0 },
	"return":     func(c *casework.Case, _ *casework.Facts) bool { return c.Pending == returning },
	"extension":  func(c *casework.Case, _ *casework.Facts) bool { return c.Pending == extending },
	"suspension": func(c *casework.Case, _ *casework.Facts) bool { return c.Pending == suspending },
	"void":       func(c *casework.Case, _ *casework.Facts) bool { return c.VoidPending },
	"force":      func(c *casework.Case, _ *casework.Facts) bool { return c.ForceCloseBy != "" },
	"urged":      func(c *casework.Case, _ *casework.Facts) bool { return c.Urged },
	"passed":     func(c *casework.Case, _ *casework.Facts) bool { return c.Inspection == pass },
	"audited":    func(c *casework.Case, _ *casework.Facts) bool { return c.SelfFixed && c.Inspection == pass },
	"limited":    func(c *casework.Case, _ *casework.Facts) bool { return !c.Clocks.Of(handle).Due.IsZero() },
	"late": func(c *casework.Case, f *casework.Facts) bool {
		return !c.Clocks.Of(handle).Due.IsZero() && f.Now.After(c.Clocks.Of(handle).Due)
	},
	"extended": func(c *casework.Case, _ *casework.Facts) bool { return len(c.Clocks.Of(handle).Extensions) >= 2 },
	"suspended": func(c *casework.Case, f *casework.Facts) bool {
		return c.Suspensions >= f.Catalogue.Policy().MaxSuspensions()
	},
	"over":         func(c *casework.Case, f *casework.Facts) bool { return f.Now.Sub(c.EndedAt) > 30*24*time.Hour },
	"child":        func(c *casework.Case, _ *casework.Facts) bool { return c.Parent != "" },
	"tenChildren":  func(c *casework.Case, _ *casework.Facts) bool { return len(c.Children) == 10 },
	"openChild":    func(c *casework.Case, _ *casework.Facts) bool { return childOf(c, false) != "" },
	"settledChild": func(c *casework.Case, _ *casework.Facts) bool { return childOf(c, true) != "" },
	"duplicate":    func(c *casework.Case, _ *casework.Facts) bool { return len(c.Duplicates) > 0 },
	"file":         func(c *casework.Case, _ *casework.Facts) bool { return shownFile(c) != "" },
	"visited":      func(c *casework.Case, _ *casework.Facts) bool { return c.Visited },
	"fedBack":      func(c *casework.Case, _ *casework.Facts) bool { return c.FedBack },
	"overdue": func(c *casework.Case, _ *casework.Facts) bool {
		return c.Clocks.Of(handle).Breached || c.Clocks.Of(sign).Breached
	},
	"appealed":    func(c *casework.Case, _ *casework.Facts) bool { return c.Appeal != casework.NoAppeal },
	"appealFiled": func(c *casework.Case, _ *casework.Facts) bool { return c.Appeal == casework.AppealFiled },
	"appealForwarded": func(c *casework.Case, _ *casework.Facts) bool {
		return c.Appeal == casework.AppealForwarded
	},
	"toWarn":     func(c *casework.Case, f *casework.Facts) bool { return toWarn(c, f) != 0 },
	"toBreach":   func(c *casework.Case, f *casework.Facts) bool { return toBreach(c, f) != 0 },
	"toEscalate": func(c *casework.Case, f *casework.Facts) bool { stage, _ := toEscalate(c, f); return stage != 0 },
	"toCorrect":  func(c *casework.Case, f *casework.Facts) bool { return toCorrect(c, f) != 0 },
}

// rule is a row of the table of moves, read.
type rule struct {
	at     map[string]bool // by place
	places int             // how many have an x
	needs  []need
}

type need struct {
	name string
	not  bool
}

func (n need) met(c *casework.Case, f *casework.Facts) bool {
	return circumstances[n.name](c, f) != n.not
}

// moveRules is the table of moves, read; a wrong row is no row.
var moveRules = readMoves()

func readMoves() map[string]rule {
	rules := map[string]rule{}
	for command, row := range moveTable {
		cells, more, _ := strings.Cut(row, "|")
		marks := strings.Fields(cells)
		if len(marks) != len(places) {
			continue
		}
		r := rule{at: map[string]bool{}}
		for i, mark := range marks {
			if mark == "x" {
				r.at[places[i]] = true
				r.places++
			}
		}
		for _, word := range strings.Fields(more) {
			name, not := strings.CutPrefix(word, "!")
			r.needs = append(r.needs, need{name: name, not: not})
		}
		rules[command] = r
	}
	return rules
}

// takes tells whether the case takes the command from who may send it.
func takes(command string, c *casework.Case, f *casework.Facts) bool {
	r := moveRules[command]
	return r.at[standing(c)] && !slices.ContainsFunc(r.needs, func(n need) bool { return !n.met(c, f) })
}
