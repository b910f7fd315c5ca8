package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
)

type caseExplainCmd struct {
	caseArgs `embed:""`
}

// Run prints an account of each clock: its rule, its steps, and what counted until its due time.
func (c *caseExplainCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	answer, err := api.Query.ExplainCase(ctx, &gridcasev1.ExplainCaseRequest{Case: c.ref()})
	if err != nil {
		return client.Fault(err)
	}
	warnStale(answer.GetFreshness())
	if c.JSON {
		return printJSON(answer)
	}
	if _, err := fmt.Printf("case %s, %s/%s: %d clocks\n", answer.GetNumber(), answer.GetDistrict(), answer.GetCaseId(), len(answer.GetDeadlines())); err != nil {
		return err
	}
	for _, d := range answer.GetDeadlines() {
		if err := printDeadline(d); err != nil {
			return err
		}
	}
	return nil
}

// printDeadline prints one clock's story.
func printDeadline(d *gridcasev1.DeadlineStory) error {
	if _, err := fmt.Fprintf(os.Stdout, "\n%s\n", deadlineHead(d)); err != nil {
		return err
	}
	if err := table(func(t *tabwriter.Writer) {
		fmt.Fprintln(t, "  VERSION\tAT\tEVENT\tTHE CLOCK\tDUE\tCATALOGUE\tCALENDAR")
		for _, s := range d.GetSteps() {
			fmt.Fprintf(t, "  %d\t%s\t%s\t%s\t%s\t%d\t%d\n", s.GetVersion(), when(s.GetAt()), s.GetEvent(), s.GetWhat(), when(s.GetDue()), s.GetCatalogueVersion(), s.GetCalendarVersion())
		}
	}); err != nil {
		return err
	}
	return table(func(t *tabwriter.Writer) {
		fmt.Fprintln(t, "  FROM\tTO\tLENGTH\tCOUNTS\tWHY")
		for _, i := range d.GetIntervals() {
			counts := "no"
			if i.GetCounted() {
				counts = "yes"
			}
			fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\n", when(i.GetFrom()), when(i.GetTo()), i.GetTo().AsTime().Sub(i.GetFrom().AsTime()), counts, i.GetWhy())
		}
	})
}

// deadlineHead is a clock in a sentence.
func deadlineHead(d *gridcasev1.DeadlineStory) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s by %s", strings.ToLower(short(d.GetStage().String())), limitText(d.GetLimit()), d.GetRule())
	if d.GetExtensions() > 0 {
		fmt.Fprintf(&b, ", extended %d times", d.GetExtensions())
	}
	fmt.Fprintf(&b, " (catalogue %d, calendar %d)\n", d.GetCatalogueVersion(), d.GetCalendarVersion())
	fmt.Fprintf(&b, "  started %s, due %s, stopped %s", when(d.GetStarted()), when(d.GetDue()), when(d.GetStopped()))
	if d.GetBreached() {
		b.WriteString(", overdue")
	}
	fmt.Fprintf(&b, "; %s counted until due", time.Duration(d.GetCountedMinutes()*float64(time.Minute)).Round(time.Second))
	return b.String()
}

// limitText writes a limit as a catalogue's file does, 4 hour working, and no limit as a dash.
func limitText(l *gridcasev1.Limit) string {
	if l == nil {
		return "-"
	}
	return strings.ToLower(fmt.Sprintf("%d %s %s", l.GetValue(), strings.TrimPrefix(l.GetUnit().String(), "LIMIT_UNIT_"), strings.TrimPrefix(l.GetBasis().String(), "LIMIT_BASIS_")))
}
