package main

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
)

// auditCmd is 'gridcase audit'.
type auditCmd struct {
	connection `embed:""`
	District   string `help:"Only this district's logs."`
	Year       uint32 `help:"Only this year's logs."`
	Sample     uint32 `help:"How many cases are drawn from each log and folded afresh, by the rules and into the views." default:"100"`
	Whole      bool   `help:"Fold every event into the views afresh, and compare every row."`
	Views      bool   `help:"Compare the views, too." default:"true" negatable:""`
}

// Run prints a line for whatever is sound and one for whatever is wrong; that is an error.
func (c *auditCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	logs, err := api.Evidence.ListLogs(ctx, &gridcasev1.ListLogsRequest{District: c.District, Year: c.Year})
	if err != nil {
		return client.Fault(err)
	}
	wrong := uint64(0)
	for _, l := range logs.GetLogs() {
		answer, err := api.Evidence.AuditLog(ctx, &gridcasev1.AuditLogRequest{District: l.GetDistrict(), Year: l.GetYear(), Sample: c.Sample})
		if err != nil {
			return client.Fault(err)
		}
		if err := c.print(answer, answer.GetFindings(), fmt.Sprintf("%s-%d: %s", l.GetDistrict(), l.GetYear(), logLine(answer))); err != nil {
			return err
		}
		wrong += answer.GetFound()
	}
	if c.Views {
		answer, err := api.Evidence.AuditViews(ctx, &gridcasev1.AuditViewsRequest{District: c.District, Sample: c.Sample, Whole: c.Whole})
		if err != nil {
			return client.Fault(err)
		}
		if err := c.print(answer, answer.GetFindings(), viewsLine(answer)); err != nil {
			return err
		}
		wrong += answer.GetFound()
	}
	if wrong > 0 {
		return fmt.Errorf("the audit found %s", things(wrong))
	}
	return nil
}

// answered is what both audits answer.
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
	for _, f := range found {
		if _, err := fmt.Println("wrong:", f.GetText()); err != nil {
			return err
		}
	}
	if more := answer.GetFound() - uint64(len(found)); more > 0 {
		_, err := fmt.Printf("wrong: and %d more\n", more)
		return err
	}
	return nil
}

// logLine tells what was found sound of a log.
func logLine(a *gridcasev1.AuditLogResponse) string {
	line := fmt.Sprintf("%d events, %d cases, root %s, %d signed roots, %d cases folded", a.GetEvents(), a.GetCases(), a.GetRoot(), a.GetRoots(), a.GetFolded())
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
