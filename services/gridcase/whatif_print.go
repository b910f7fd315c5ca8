package main

import (
	"cmp"
	"fmt"
	"strings"
	"text/tabwriter"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// print prints the groups, the departments' loads and, where they are asked for, the clocks and dispatches that change.
func (c *whatifCmd) print(a *gridcasev1.WhatIfResponse) error {
	return table(func(t *tabwriter.Writer) {
		fmt.Fprintf(t, "district %s, from %s until %s: %d events replayed, %d cases with work that was due, or would have been; nothing was written\n",
			a.GetDistrict(), when(a.GetFrom()), when(a.GetTo()), a.GetEvents(), a.GetCases())
		for _, g := range a.GetGroups() {
			printWhatIfGroup(t, c.By, g)
		}
		printLoads(t, a)
		if c.Cases {
			printClocks(t, a)
			printRoutes(t, a)
		}
		if c.Cases && a.GetLeftOff() > 0 {
			fmt.Fprintf(t, "\n%d more clocks and dispatches are not listed; --limit lists more\n", a.GetLeftOff())
		}
		fmt.Fprintln(t, "\nassumed:")
		for _, text := range a.GetAssumptions() {
			fmt.Fprintf(t, "- %s\n", text)
		}
	})
}

func printWhatIfGroup(t *tabwriter.Writer, by string, g *gridcasev1.WhatIfGroup) {
	fmt.Fprintf(t, "\n%s\n", strings.TrimSpace(cmp.Or(by, "the whole district")+" "+g.GetId()))
	fmt.Fprintln(t, "STAGE\tDUE\tON TIME\tWOULD BE DUE\tWOULD BE ON TIME\tBECAME LATE\tBECAME ON TIME")
	for _, s := range g.GetStages() {
		fmt.Fprintf(t, "%s\t%d\t%s\t%d\t%s\t%d\t%d\n", stageText(s.GetStage()), s.GetDue(), partOf(s.GetOnTime(), s.GetDue()), s.GetWouldBeDue(),
			partOf(s.GetWouldBeOnTime(), s.GetWouldBeDue()), s.GetBecameLate(), s.GetBecameOnTime())
	}
}

// partOf writes a number and what part of all it is.
func partOf(n, all uint64) string {
	if all == 0 {
		return "-"
	}
	return fmt.Sprintf("%d (%.1f %%)", n, 100*float64(n)/float64(all))
}

func stageText(s gridcasev1.Stage) string { return strings.ToLower(short(s.String())) }

func printLoads(t *tabwriter.Writer, a *gridcasev1.WhatIfResponse) {
	if len(a.GetLoads()) == 0 {
		return
	}
	fmt.Fprintf(t, "\ndispatches, of which %d would go elsewhere\nDEPARTMENT\tDISPATCHED\tWOULD BE DISPATCHED\n", a.GetRerouted())
	for _, l := range a.GetLoads() {
		fmt.Fprintf(t, "%s\t%d\t%d\n", l.GetDepartment(), l.GetDispatched(), l.GetWouldBeDispatched())
	}
}

func printClocks(t *tabwriter.Writer, a *gridcasev1.WhatIfResponse) {
	if len(a.GetClocks()) == 0 {
		return
	}
	fmt.Fprintln(t, "\nCASE\tTYPE\tSTAGE\tDEPARTMENT\tSTARTED\tDONE\tDUE\tWOULD BE DUE\tWOULD BE")
	for _, k := range a.GetClocks() {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", k.GetNumber(), k.GetCaseType(), stageText(k.GetStage()), cmp.Or(k.GetDepartment(), "-"), when(k.GetStarted()),
			when(k.GetDone()), when(k.GetDue()), when(k.GetWouldBeDue()), wouldBe(k))
	}
}

// wouldBe is the other verdict.
func wouldBe(k *gridcasev1.WhatIfClock) string {
	switch {
	case !k.GetWasLate():
		return "late"
	case k.GetDone() == nil:
		return "not late"
	}
	return "on time"
}

func printRoutes(t *tabwriter.Writer, a *gridcasev1.WhatIfResponse) {
	if len(a.GetRoutes()) == 0 {
		return
	}
	fmt.Fprintln(t, "\nCASE\tTYPE\tDISPATCHED\tGRID\tTO\tWOULD BE TO\tWHY")
	for _, r := range a.GetRoutes() {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.GetNumber(), r.GetCaseType(), when(r.GetAt()), r.GetGrid(), r.GetDepartment(), r.GetWouldBeDepartment(), r.GetWhy())
	}
}
