package main

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
)

// caseCmd is 'gridcase case'.
type caseCmd struct {
	Show     caseShowCmd     `cmd:"" help:"How a case stands."`
	Timeline caseTimelineCmd `cmd:"" help:"What happened to a case, when, by whom."`
	Explain  caseExplainCmd  `cmd:"" help:"How each deadline of a case came about: the rule, what moved it, which time counted."`
	Search   caseSearchCmd   `cmd:"" help:"The cases in which words stand: in a description, an address, a note or a reason."`
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
	asOfArgs `embed:""`
}

// Run prints how the case stands.
func (c *caseShowCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	asOf, err := c.moment()
	if err != nil {
		return err
	}
	answer, err := api.Query.GetCase(ctx, &gridcasev1.GetCaseRequest{Case: c.ref(), AsOf: asOf})
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
		for _, line := range beside(k) {
			fmt.Fprintf(t, "%s\t%s\n", line[0], line[1])
		}
	})
}

// beside are what most cases have not: name and value of each that there is.
func beside(k *gridcasev1.CaseStatus) [][2]string {
	lines := [][2]string{
		{"pending", words(k.GetRequests())},
		{"merged into", k.GetPrimary()},
		{"duplicates", strings.Join(k.GetDuplicates(), " ")},
		{"split from", k.GetParent()},
		{"children", strings.Join(k.GetChildren(), " ")},
		{"settled children", strings.Join(k.GetSettledChildren(), " ")},
		{"bounces", unlessNone(k.GetBounces())},
		{"reworks", unlessNone(k.GetReworks())},
		{"reopenings", unlessNone(k.GetReopenings())},
		{"extensions", unlessNone(k.GetExtensions())},
		{"escalation", unlessNone(k.GetEscalation())},
		{"overdue", words(k.GetOverdue())},
	}
	if k.GetPriority() > gridcasev1.Priority_PRIORITY_NORMAL {
		lines = append(lines, [2]string{"priority", words([]gridcasev1.Priority{k.GetPriority()})})
	}
	if k.GetSuspendedUntil() != nil {
		lines = append(lines, [2]string{"suspended until", when(k.GetSuspendedUntil())})
	}
	if k.GetSelfFixed() {
		lines = append(lines, [2]string{"fixed by", "who reported"})
	}
	if k.GetTimeoutExempt() {
		lines = append(lines, [2]string{"appeal", "approved: the figures leave its being overdue out"})
	}
	if k.GetSatisfaction() != gridcasev1.Satisfaction_SATISFACTION_UNSPECIFIED {
		lines = append(lines, [2]string{"the reporter is", words([]gridcasev1.Satisfaction{k.GetSatisfaction()})})
	}
	for _, p := range k.GetPermits() {
		lines = append(lines, [2]string{"permit", fmt.Sprintf("%s of project %s until %s", p.GetNumber(), p.GetProject(), when(p.GetValidTo()))})
	}
	return slices.DeleteFunc(lines, func(line [2]string) bool { return line[1] == "" })
}

// words are the names of enum values, without their prefixes.
func words[E fmt.Stringer](values []E) string {
	names := make([]string, len(values))
	for i, v := range values {
		names[i] = strings.ToLower(short(v.String()))
	}
	return strings.Join(names, " ")
}

func unlessNone(n uint32) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(uint64(n), 10)
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
		return printEach(all)
	}
	return table(func(t *tabwriter.Writer) {
		fmt.Fprintln(t, "VERSION\tAT\tEVENT\tSTATE\tROLE\tACTOR")
		for _, e := range all {
			fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\t%s\n", e.GetVersion(), when(e.GetAt()), eventName(e.GetEvent()), short(e.GetState().String()), strings.ToLower(short(e.GetRole().String())), e.GetActor())
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

// eventName is the name of the member of Event, or of WorksEvent, that is set.
func eventName(e proto.Message) string {
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
	if f.GetQuarantined() {
		fmt.Fprintln(os.Stderr, "gridcase: a read model can't go on with this case: an operator's gridcase quarantine says why")
		return
	}
	if f.GetStale() {
		fmt.Fprintln(os.Stderr, "gridcase: the answer is stale: the read models have not caught up with the log")
	}
}
