package main

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"
	"text/tabwriter"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
)

// caseCmd is 'gridcase case'.
type caseCmd struct {
	Show     caseShowCmd     `cmd:"" help:"How a case stands."`
	Timeline caseTimelineCmd `cmd:"" help:"What happened to a case, when, by whom."`
}

// caseArgs name one case.
type caseArgs struct {
	connection `embed:""`
	District   string `help:"The case's district, where there is more than one."`
	Case       string `arg:"" help:"The case's number, its id, or DISTRICT/ID."`
}

var numberPattern = regexp.MustCompile(`^[0-9]{19,30}$`)

// ref names the case as the API wants it; a number names its district by itself.
func (a *caseArgs) ref() *gridcasev1.CaseRef {
	if numberPattern.MatchString(a.Case) {
		return &gridcasev1.CaseRef{Number: a.Case, District: a.Case[:6]}
	}
	if district, id, ok := strings.Cut(a.Case, "/"); ok {
		return &gridcasev1.CaseRef{CaseId: id, District: district}
	}
	return &gridcasev1.CaseRef{CaseId: a.Case, District: a.District}
}

type caseShowCmd struct {
	caseArgs `embed:""`
}

// Run prints how the case stands.
func (c *caseShowCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	answer, err := api.Query.GetCase(ctx, &gridcasev1.GetCaseRequest{Case: c.ref()})
	if err != nil {
		return client.Fault(err)
	}
	warnStale(answer.GetFreshness())
	if c.JSON {
		return printJSON(answer.GetCase())
	}
	k := answer.GetCase()
	return table(func(t *tabwriter.Writer) {
		fmt.Fprintf(t, "number\t%s\ncase\t%s/%s\ntype\t%s\ncondition\t%s\nstate\t%s\n", k.GetNumber(), k.GetDistrict(), k.GetCaseId(), k.GetCaseType(), k.GetCondition(), short(k.GetState().String()))
		fmt.Fprintf(t, "grid\t%s\ndepartment\t%s\nversion\t%d\nposition\t%s\n", k.GetPlace().GetGrid(), k.GetDepartment(), k.GetVersion(), k.GetPosition())
		fmt.Fprintf(t, "reported\t%s\nfiled\t%s\ndispatched\t%s\nhandled\t%s\nclosed\t%s\n", when(k.GetReportedAt()), when(k.GetFiledAt()), when(k.GetDispatchedAt()), when(k.GetHandledAt()), when(k.GetClosedAt()))
		for _, clock := range k.GetClocks() {
			fmt.Fprintf(t, "due %s\t%s\n", strings.ToLower(short(clock.GetStage().String())), when(clock.GetDue()))
		}
	})
}

type caseTimelineCmd struct {
	caseArgs `embed:""`
}

// Run prints every event of the case.
func (c *caseTimelineCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	request := &gridcasev1.GetTimelineRequest{Case: c.ref()}
	var all []*gridcasev1.TimelineEntry
	for {
		answer, err := api.Query.GetTimeline(ctx, request)
		if err != nil {
			return client.Fault(err)
		}
		warnStale(answer.GetFreshness())
		all = append(all, answer.GetEntries()...)
		if len(answer.GetEntries()) == 0 {
			break
		}
		request.AfterVersion = all[len(all)-1].GetVersion()
	}
	if c.JSON {
		return printEntries(all)
	}
	return table(func(t *tabwriter.Writer) {
		fmt.Fprintln(t, "VERSION\tAT\tEVENT\tSTATE\tROLE\tACTOR")
		for _, e := range all {
			fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\t%s\n", e.GetVersion(), when(e.GetAt()), eventName(e.GetEvent()), short(e.GetState().String()), strings.ToLower(short(e.GetRole().String())), e.GetActor())
		}
	})
}

func printEntries(all []*gridcasev1.TimelineEntry) error {
	for _, e := range all {
		if err := printJSON(e); err != nil {
			return err
		}
	}
	return nil
}

// gridCmd is 'gridcase grid'.
type gridCmd struct {
	Status gridStatusCmd `cmd:"" help:"How many cases stand in an area, by type and state."`
}

type gridStatusCmd struct {
	connection `embed:""`
	Code       string `arg:"" help:"A district, street, community or unit grid."`
}

// Run prints the counts of the area and of its parts.
func (c *gridStatusCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	answer, err := api.Query.GetGridStatus(ctx, &gridcasev1.GetGridStatusRequest{Code: c.Code})
	if err != nil {
		return client.Fault(err)
	}
	warnStale(answer.GetFreshness())
	if c.JSON {
		return printJSON(answer)
	}
	return table(func(t *tabwriter.Writer) {
		fmt.Fprintln(t, "AREA\tNAME\tOPEN\tCLOSED")
		for _, a := range append([]*gridcasev1.GridCount{answer.GetArea()}, answer.GetParts()...) {
			fmt.Fprintf(t, "%s\t%s\t%d\t%d\n", a.GetCode(), a.GetName(), a.GetOpen(), a.GetClosed())
		}
		fmt.Fprintln(t, "\nTYPE\tSTATE\tCASES\t")
		for _, n := range answer.GetArea().GetCounts() {
			fmt.Fprintf(t, "%s\t%s\t%d\t\n", n.GetCaseType(), short(n.GetState().String()), n.GetCases())
		}
	})
}

// queueCmd is 'gridcase queue'.
type queueCmd struct {
	connection `embed:""`
	District   string `help:"The queue's district, where there is more than one."`
	Limit      uint32 `help:"How many cases at most." default:"50"`
	Queue      string `arg:"" help:"acceptor, dispatcher, department:ID or worker:ID."`
}

// Run prints what waits, most urgent first.
func (c *queueCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	answer, err := api.Query.ListQueue(ctx, &gridcasev1.ListQueueRequest{District: c.District, Queue: c.Queue, Limit: min(c.Limit, 200)})
	if err != nil {
		return client.Fault(err)
	}
	warnStale(answer.GetFreshness())
	if c.JSON {
		return printJSON(answer)
	}
	return table(func(t *tabwriter.Writer) {
		fmt.Fprintln(t, "NUMBER\tTYPE\tSTATE\tGRID\tSINCE\tDUE")
		for _, k := range answer.GetItems() {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", k.GetNumber(), k.GetCaseType(), short(k.GetState().String()), k.GetGrid(), when(k.GetSince()), when(k.GetDue()))
		}
	})
}

// logCmd is 'gridcase log'.
type logCmd struct {
	connection `embed:""`
	District   string `help:"The log's district, where there is more than one."`
	Year       uint32 `help:"The year of the cases' ids. Default: this year."`
	From       uint64 `help:"The first sequence." default:"1"`
	Limit      uint32 `help:"How many events at most; 0: all." default:"0"`
}

// Run prints the log's events in order.
func (c *logCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	for printed, from := uint32(0), c.From; c.Limit == 0 || printed < c.Limit; {
		page := uint32(1000)
		if c.Limit > 0 {
			page = min(page, c.Limit-printed)
		}
		answer, err := api.Query.ReadLog(ctx, &gridcasev1.ReadLogRequest{District: c.District, Year: c.Year, From: from, Limit: page})
		if err != nil {
			return client.Fault(err)
		}
		for _, e := range answer.GetEntries() {
			if err := c.print(e); err != nil {
				return err
			}
		}
		printed += uint32(len(answer.GetEntries()))
		from += uint64(len(answer.GetEntries()))
		if len(answer.GetEntries()) == 0 || from > answer.GetLast() {
			return nil
		}
	}
	return nil
}

func (c *logCmd) print(e *gridcasev1.LogEntry) error {
	if c.JSON {
		return printJSON(e)
	}
	k := e.GetEntry()
	_, err := fmt.Printf("%s  %s  %s  %-22s %-10s %s\n", k.GetPosition(), when(k.GetAt()), e.GetCaseId(), eventName(k.GetEvent()), short(k.GetState().String()), strings.ToLower(short(k.GetRole().String())))
	return err
}

// eventName is the name of the member of Event that is set.
func eventName(e *gridcasev1.Event) string {
	m := e.ProtoReflect()
	if fd := m.WhichOneof(m.Descriptor().Oneofs().Get(0)); fd != nil {
		return string(fd.Message().Name())
	}
	return "?"
}

// short leaves out an enum's prefix.
func short(name string) string {
	_, rest, _ := strings.Cut(name, "_")
	return rest
}

func warnStale(f *gridcasev1.Freshness) {
	if f.GetStale() {
		fmt.Fprintln(os.Stderr, "gridcase: the answer is stale: the read models have not caught up with the log")
	}
}
