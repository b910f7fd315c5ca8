package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
)

// quarantineCmd is 'gridcase quarantine'.
type quarantineCmd struct {
	List  quarantineListCmd  `cmd:"" default:"withargs" help:"Which cases which view can't go on with, and why."`
	Show  quarantineShowCmd  `cmd:"" help:"Why a case is parked, and which of its events wait."`
	Retry quarantineRetryCmd `cmd:"" help:"Fold what parked cases miss, once what was wrong is mended."`
}

type quarantineListCmd struct {
	connection `embed:""`
	View       string `help:"Of this view alone."`
	District   string `help:"Of this district alone."`
	Limit      int    `help:"How many at most, those that are parked for the longest first." default:"1000"`
}

// Run prints the parked cases, page by page.
func (c *quarantineListCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	q, all := &gridcasev1.ListQuarantineRequest{View: c.View, District: c.District}, &gridcasev1.ListQuarantineResponse{}
	for more := true; more && len(all.GetCases()) < c.Limit; more = all.GetNextPage() != "" {
		q.Page, q.Limit = all.GetNextPage(), uint32(min(c.Limit-len(all.GetCases()), 1000))
		answer, err := api.Ops.ListQuarantine(ctx, q)
		if err != nil {
			return client.Fault(err)
		}
		all.Cases, all.NextPage = append(all.Cases, answer.GetCases()...), answer.GetNextPage()
	}
	if c.JSON {
		return printJSON(all)
	}
	if all.GetNextPage() != "" {
		fmt.Fprintf(os.Stderr, "there are more than these %d; --limit tells how many are listed\n", len(all.GetCases()))
	}
	return printParked(all.GetCases())
}

func printParked(cases []*gridcasev1.QuarantinedCase) error {
	return table(func(t *tabwriter.Writer) {
		fmt.Fprintln(t, "VIEW\tCASE\tPOSITION\tEVENT\tWAITING\tSINCE\tTRIES\tCODE\tREASON")
		for _, k := range cases {
			fmt.Fprintf(t, "%s\t%s/%s\t%s\t%s\t%d\t%s\t%d\t%s\t%s\n", k.GetView(), k.GetDistrict(), k.GetCaseId(), k.GetPosition(), k.GetEventType()[strings.LastIndexByte(k.GetEventType(), '.')+1:],
				k.GetEvents(), when(k.GetSince()), k.GetTries(), k.GetCode(), k.GetReason())
		}
	})
}

// parkedCase names one parked case.
type parkedCase struct {
	Case string `arg:"" help:"DISTRICT/ID."`
}

func (p *parkedCase) split() (district, id string, err error) {
	district, id, ok := strings.Cut(p.Case, "/")
	if !ok {
		return "", "", errors.New("name the case as DISTRICT/ID, as gridcase quarantine list prints it")
	}
	return district, id, nil
}

type quarantineShowCmd struct {
	connection `embed:""`
	parkedCase `embed:""`
}

// Run prints why the case is parked and the events that wait.
func (c *quarantineShowCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	district, id, err := c.split()
	if err != nil {
		return err
	}
	answer, err := api.Ops.GetQuarantined(ctx, &gridcasev1.GetQuarantinedRequest{District: district, CaseId: id})
	if err != nil {
		return client.Fault(err)
	}
	if c.JSON {
		return printJSON(answer)
	}
	if err := printParked(answer.GetViews()); err != nil {
		return err
	}
	return table(func(t *tabwriter.Writer) {
		fmt.Fprintln(t, "\nVERSION\tPOSITION\tAT\tEVENT\tSTATE")
		for _, e := range answer.GetEvents() {
			fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\n", e.GetVersion(), e.GetPosition(), when(e.GetAt()), eventName(e.GetEvent()), short(e.GetState().String()))
		}
	})
}

type quarantineRetryCmd struct {
	connection `embed:""`
	Case       string `arg:"" optional:"" help:"DISTRICT/ID; all cases where it is left out."`
	View       string `help:"Of this view alone."`
}

// Run asks for a retry and prints what became of it. Cases that stay parked are an error.
func (c *quarantineRetryCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	request := &gridcasev1.RetryQuarantinedRequest{View: c.View}
	if c.Case != "" {
		if request.District, request.CaseId, err = (&parkedCase{c.Case}).split(); err != nil {
			return err
		}
	}
	answer, err := api.Ops.RetryQuarantined(ctx, request)
	if err != nil {
		return client.Fault(err)
	}
	if c.JSON {
		return printJSON(answer)
	}
	if answer.GetParked() > 0 {
		if err := printParked(answer.GetLeft()); err != nil {
			return err
		}
		return fmt.Errorf("%d parked no more, %d still are%s", answer.GetLifted(), answer.GetParked(), untried(answer.GetUntried()))
	}
	_, err = fmt.Printf("%d parked no more\n", answer.GetLifted())
	return err
}

// untried says how many cases a retry has not come to.
func untried(n uint32) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", %d of them not tried yet: they will be, and gridcase quarantine list tells what became of them", n)
}
