package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
)

// queueCmd is 'gridcase queue'.
type queueCmd struct {
	List    queueListCmd    `cmd:"" default:"withargs" help:"What waits for whom, most urgent first."`
	Next    queueNextCmd    `cmd:"" help:"Take the most urgent case that nobody holds."`
	Renew   queueRenewCmd   `cmd:"" help:"Keep a case that you hold."`
	Release queueReleaseCmd `cmd:"" help:"Give a case back that you hold."`
}

// queueArgs name one queue.
type queueArgs struct {
	connection `embed:""`
	District   string `help:"The queue's district, where there is more than one."`
	Queue      string `arg:"" help:"acceptor, dispatcher, department:ID or worker:ID."`
}

type queueListCmd struct {
	queueArgs `embed:""`
	asOfArgs  `embed:""`
	pageArgs  `embed:""`
}

// Run prints what waits, most urgent first, page by page.
func (c *queueListCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	asOf, err := c.moment()
	if err != nil {
		return err
	}
	all := &gridcasev1.ListQueueResponse{}
	err = c.pages(func(limit uint32, page string) (int, string, error) {
		answer, err := api.Query.ListQueue(ctx, &gridcasev1.ListQueueRequest{District: c.District, Queue: c.Queue, Limit: limit, Page: page, AsOf: asOf})
		if err != nil {
			return 0, "", client.Fault(err)
		}
		warnStale(answer.GetFreshness())
		answer.Items = append(all.GetItems(), answer.GetItems()...)
		came := len(answer.GetItems()) - len(all.GetItems())
		all = answer
		return came, answer.GetNextPage(), nil
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(all)
	}
	return table(func(t *tabwriter.Writer) {
		fmt.Fprintln(t, "NUMBER\tTYPE\tSTATE\tGRID\tSINCE\tDUE")
		for _, k := range all.GetItems() {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", k.GetNumber(), k.GetCaseType(), short(k.GetState().String()), k.GetGrid(), when(k.GetSince()), when(k.GetDue()))
		}
	})
}

type queueNextCmd struct {
	queueArgs `embed:""`
	Wait      time.Duration `help:"How long to wait for a case where none is free." default:"0s"`
}

// longestWait is how long one request may wait.
const longestWait = 30 * time.Second

// Run takes a case and prints it, or says that none is free.
func (c *queueNextCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	for rest := c.Wait; ; rest -= longestWait {
		wait := max(0, min(rest, longestWait))
		answer, err := api.Desk.TakeNext(ctx, &gridcasev1.TakeNextRequest{District: c.District, Queue: c.Queue, WaitSeconds: uint32(wait / time.Second)})
		if err != nil {
			return client.Fault(err)
		}
		if answer.GetLease() != nil || rest <= longestWait {
			return c.print(answer)
		}
	}
}

func (c *queueNextCmd) print(answer *gridcasev1.TakeNextResponse) error {
	if c.JSON {
		return printJSON(answer)
	}
	if answer.GetLease() == nil {
		fmt.Fprintln(os.Stderr, "gridcase: no case of this queue is free")
		return nil
	}
	return table(func(t *tabwriter.Writer) {
		k := answer.GetItem()
		fmt.Fprintln(t, "NUMBER\tCASE\tTYPE\tSTATE\tGRID\tDUE\tYOURS UNTIL")
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", k.GetNumber(), k.GetCaseId(), k.GetCaseType(), short(k.GetState().String()), k.GetGrid(), when(k.GetDue()), when(k.GetHeldUntil()))
	})
}

type queueRenewCmd struct {
	caseArgs `embed:""`
}

// Run renews the lease and prints until when it lives.
func (c *queueRenewCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	ref, err := c.find(ctx, api)
	if err != nil {
		return err
	}
	lease, err := api.Desk.RenewLease(ctx, &gridcasev1.RenewLeaseRequest{District: ref.GetDistrict(), CaseId: ref.GetCaseId()})
	if err != nil {
		return client.Fault(err)
	}
	if c.JSON {
		return printJSON(lease)
	}
	_, err = fmt.Printf("%s is yours until %s\n", c.Case, when(lease.GetUntil()))
	return err
}

type queueReleaseCmd struct {
	caseArgs `embed:""`
}

// Run gives the case back.
func (c *queueReleaseCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	ref, err := c.find(ctx, api)
	if err != nil {
		return err
	}
	if _, err := api.Desk.ReleaseLease(ctx, &gridcasev1.ReleaseLeaseRequest{District: ref.GetDistrict(), CaseId: ref.GetCaseId()}); err != nil {
		return client.Fault(err)
	}
	return nil
}

// find names the case by its id; one that is given by its number is looked up.
func (a *caseArgs) find(ctx context.Context, api *client.Client) (*gridcasev1.CaseRef, error) {
	ref := a.ref()
	if ref.GetNumber() == "" {
		return ref, nil
	}
	answer, err := api.Query.GetCase(ctx, &gridcasev1.GetCaseRequest{Case: ref})
	if err != nil {
		return nil, client.Fault(err)
	}
	return &gridcasev1.CaseRef{District: ref.GetDistrict(), CaseId: answer.GetCase().GetCaseId()}, nil
}
