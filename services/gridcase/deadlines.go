package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
)

// deadlinesCmd is 'gridcase deadlines'.
type deadlinesCmd struct {
	connection `embed:""`
	pageArgs   `embed:""`
	District   string    `help:"The district, where there is more than one."`
	Overdue    bool      `help:"What has run out alone."`
	Until      time.Time `help:"What runs out before then alone." format:"2006-01-02T15:04:05Z07:00" placeholder:"2026-11-01T08:00:00+08:00"`
	Stage      string    `help:"What has to be done by then: accept, verify, dispatch, sign, handle, decide, send-inspection, inspect or close." enum:",accept,verify,dispatch,sign,handle,decide,send-inspection,inspect,close" default:""`
	Department string    `help:"Of cases that are with this department alone." placeholder:"ID"`
	Area       string    `help:"Of cases in this area alone." placeholder:"CODE"`
}

// Run prints what runs out, the earliest first.
func (c *deadlinesCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	q := &gridcasev1.ListDeadlinesRequest{District: c.District, Stage: stageOf(c.Stage), Department: c.Department, Area: c.Area, Overdue: c.Overdue}
	if !c.Until.IsZero() {
		q.Until = timestamppb.New(c.Until)
	}
	var all []*gridcasev1.Deadline
	err = c.pages(func(limit uint32, page string) (int, string, error) {
		q.Limit, q.Page = limit, page
		answer, err := api.Query.ListDeadlines(ctx, q)
		if err != nil {
			return 0, "", client.Fault(err)
		}
		warnStale(answer.GetFreshness())
		all = append(all, answer.GetDeadlines()...)
		return len(answer.GetDeadlines()), answer.GetNextPage(), nil
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return printEach(all)
	}
	return table(func(t *tabwriter.Writer) {
		fmt.Fprintln(t, "DUE\tSTAGE\tNUMBER\tTYPE\tSTATE\tGRID\tDEPARTMENT\t")
		for _, d := range all {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", when(d.GetDue()), stageName(d.GetStage()), d.GetNumber(), d.GetCaseType(), short(d.GetState().String()), d.GetGrid(),
				d.GetDepartment(), remark(d))
		}
	})
}

// remark is what there is to say of a clock beside its time.
func remark(d *gridcasev1.Deadline) string {
	switch {
	case d.GetEscalation() > 0:
		return fmt.Sprintf("overdue, escalated to level %d", d.GetEscalation())
	case d.GetOverdue():
		return "overdue"
	case d.GetWarned():
		return "warned"
	}
	return ""
}

// stageName is what has to be done by a clock's due time.
func stageName(s gridcasev1.Stage) string {
	if s == gridcasev1.Stage_STAGE_UNSPECIFIED {
		return "resume" // the end of a suspension
	}
	return strings.ReplaceAll(strings.ToLower(short(s.String())), "_", "-")
}

// stageOf is the stage of a name; unspecified where that is empty.
func stageOf(name string) gridcasev1.Stage {
	return gridcasev1.Stage(gridcasev1.Stage_value["STAGE_"+strings.ReplaceAll(strings.ToUpper(name), "-", "_")])
}
