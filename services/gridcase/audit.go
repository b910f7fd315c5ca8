package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
)

// auditCmd is 'gridcase audit'.
type auditCmd struct {
	connection `embed:""`
	District   string `help:"Only this district's streams."`
	Year       uint32 `help:"Only this year's logs of cases."`
	Sample     uint32 `help:"How many cases are drawn from each log and folded afresh, by the rules and into the views." default:"100"`
	Whole      bool   `help:"Fold every event into the views afresh, and compare every row."`
	Views      bool   `help:"Compare the views, too." default:"true" negatable:""`
}

// statusQuarantined is how an audit ends that found no damage, but cases that a view can't go on with. Damage is 1, as every fault.
const statusQuarantined = 3

// Run prints a line for whatever is sound and one for whatever is wrong, which is an error, or in quarantine.
func (c *auditCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	all, err := api.Evidence.ListStreams(ctx, &gridcasev1.ListStreamsRequest{})
	if err != nil {
		return client.Fault(err)
	}
	wrong, err := c.streams(ctx, api, all.GetStreams())
	if err != nil {
		return err
	}
	parked := uint64(0)
	if c.Views {
		found, inQuarantine, err := c.views(ctx, api)
		if err != nil {
			return err
		}
		wrong, parked = wrong+found, inQuarantine
	}
	switch {
	case wrong > 0:
		return fmt.Errorf("the audit found %s", things(wrong))
	case parked > 0:
		return &ended{errors.New("the audit found nothing wrong, but cases in quarantine: gridcase quarantine says why"), statusQuarantined}
	}
	return nil
}

// streams audits the streams that were asked for and returns how much is wrong.
func (c *auditCmd) streams(ctx context.Context, api *client.Client, all []*gridcasev1.EvidenceStream) (wrong uint64, err error) {
	var asked []string
	total := uint64(0)
	for _, s := range all {
		if c.asks(s.GetName()) {
			asked, total = append(asked, s.GetName()), total+s.GetLast()
		}
	}
	progress := newAuditProgress(api, total)
	for _, name := range asked {
		answer, err := progress.follow(ctx, name, &gridcasev1.AuditRequest{What: &gridcasev1.AuditRequest_Stream{Stream: &gridcasev1.AuditStreamRequest{Stream: name, Sample: c.Sample}}})
		if err != nil {
			return wrong, err
		}
		found := answer.GetStream()
		if err := c.print(found, found.GetFindings(), streamLine(found)); err != nil {
			return wrong, err
		}
		wrong += found.GetFound()
	}
	return wrong, nil
}

// asks tells whether a stream is to be audited: WORKS_610302, CASES_610302_2026. A year asks for logs of cases alone.
func (c *auditCmd) asks(stream string) bool {
	parts := append(strings.SplitN(stream, "_", 3), "")
	return (c.District == "" || parts[1] == c.District) && (c.Year == 0 || parts[2] == fmt.Sprintf("%04d", c.Year))
}

// views audits the views and returns how much is wrong, and how many cases are in quarantine.
func (c *auditCmd) views(ctx context.Context, api *client.Client) (wrong, parked uint64, err error) {
	q := &gridcasev1.AuditViewsRequest{District: c.District, Sample: c.Sample, Whole: c.Whole}
	answer, err := newAuditProgress(api, 0).follow(ctx, "views", &gridcasev1.AuditRequest{What: &gridcasev1.AuditRequest_Views{Views: q}})
	if err != nil {
		return 0, 0, err
	}
	found := answer.GetViews()
	if err := c.print(found, found.GetFindings(), viewsLine(found)); err != nil || c.JSON {
		return found.GetFound(), found.GetParked(), err
	}
	return found.GetFound(), found.GetParked(), printFindings("quarantine", found.GetQuarantined(), found.GetParked())
}

// answered is what an audit answers.
type answered interface {
	proto.Message
	GetFound() uint64
}

// print prints what one audit found, or that all is well.
func (c *auditCmd) print(answer answered, found []*gridcasev1.Finding, sound string) error {
	if c.JSON {
		return printJSON(answer)
	}
	if answer.GetFound() == 0 {
		_, err := fmt.Println("ok:", sound)
		return err
	}
	return printFindings("wrong", found, answer.GetFound())
}

// printFindings prints a line for each finding, and how many more there are.
func printFindings(as string, found []*gridcasev1.Finding, all uint64) error {
	for _, f := range found {
		if _, err := fmt.Printf("%s: %s\n", as, f.GetText()); err != nil {
			return err
		}
	}
	if more := all - uint64(len(found)); more > 0 {
		_, err := fmt.Printf("%s: and %d more\n", as, more)
		return err
	}
	return nil
}

// streamLine tells what was found sound of a stream.
func streamLine(a *gridcasev1.AuditStreamResponse) string {
	kind, rest, _ := strings.Cut(a.GetStream(), "_")
	line := ""
	switch kind {
	case "CASES":
		line = fmt.Sprintf("%s: %d events, %d cases, root %s, %d signed roots, %d cases folded", strings.Replace(rest, "_", "-", 1), a.GetEvents(), a.GetSubjects(), a.GetRoot(), a.GetRoots(), a.GetFolded())
	case "WORKS":
		line = fmt.Sprintf("%s: %d events, %d projects", a.GetStream(), a.GetEvents(), a.GetSubjects())
	case "REFERENCE":
		line = fmt.Sprintf("%s: %d records of %d topics", a.GetStream(), a.GetEvents(), a.GetSubjects())
	case "ROOTS":
		line = fmt.Sprintf("%s: %d signed roots of %d logs", a.GetStream(), a.GetEvents(), a.GetSubjects())
	default:
		line = fmt.Sprintf("%s: %d counters", a.GetStream(), a.GetSubjects())
	}
	if len(a.GetCopies()) > 0 {
		line += ", equal on " + strings.Join(a.GetCopies(), ", ")
	}
	return line
}

// viewsLine tells what was found sound of the views.
func viewsLine(a *gridcasev1.AuditViewsResponse) string {
	return fmt.Sprintf("views %s: %d rows equal a fresh fold of %d events, %d cases", strings.Join(a.GetViews(), ", "), a.GetRows(), a.GetEvents(), a.GetCases())
}

func things(n uint64) string {
	if n == 1 {
		return "one thing wrong"
	}
	return fmt.Sprintf("%d things wrong", n)
}
