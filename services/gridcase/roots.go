package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
)

// rootsCmd is 'gridcase roots'.
type rootsCmd struct {
	List rootsListCmd `cmd:"" help:"Every log with its newest signed root; with a year, every root of that log."`
	Sign rootsSignCmd `cmd:"" help:"Sign a log's root now, and print it."`
	Key  rootsKeyCmd  `cmd:"" help:"Print the public key that checks the roots: give it to whoever is to check."`
}

type rootsListCmd struct {
	connection `embed:""`
	District   string `help:"Only this district's logs."`
	Year       uint32 `help:"Every root of the district's log of this year." default:"0"`
}

// Run prints the newest roots, or all of one log as they were signed.
func (c *rootsListCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	if c.Year != 0 && c.District != "" {
		return c.all(ctx, api)
	}
	answer, err := api.Evidence.ListLogs(ctx, &gridcasev1.ListLogsRequest{District: c.District, Year: c.Year})
	if err != nil {
		return client.Fault(err)
	}
	if c.JSON {
		return printJSON(answer)
	}
	return table(func(t *tabwriter.Writer) {
		fmt.Fprintln(t, "LOG\tEVENTS\tSIGNED\tAT")
		for _, l := range answer.GetLogs() {
			fmt.Fprintf(t, "%s-%d\t%d\t%d\t%s\n", l.GetDistrict(), l.GetYear(), l.GetLast(), l.GetRoot().GetSize(), when(l.GetRoot().GetSignedAt()))
		}
	})
}

// all prints every root of one log, a blank line between two.
func (c *rootsListCmd) all(ctx context.Context, api *client.Client) error {
	all := &gridcasev1.ListRootsResponse{}
	err := everything.pages(func(limit uint32, page string) (int, string, error) {
		answer, err := api.Evidence.ListRoots(ctx, &gridcasev1.ListRootsRequest{District: c.District, Year: c.Year, Limit: limit, Page: page})
		if err != nil {
			return 0, "", client.Fault(err)
		}
		all.Roots, all.Key = append(all.Roots, answer.GetRoots()...), answer.GetKey()
		return len(answer.GetRoots()), answer.GetNextPage(), nil
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(all)
	}
	for _, r := range all.GetRoots() {
		if _, err := fmt.Println(r.GetCheckpoint()); err != nil {
			return err
		}
	}
	return nil
}

type rootsSignCmd struct {
	connection `embed:""`
	District   string `arg:"" help:"The log's district."`
	Year       uint32 `arg:"" help:"The log's year."`
}

// Run prints the signed root.
func (c *rootsSignCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	answer, err := api.Evidence.SignRoot(ctx, &gridcasev1.SignRootRequest{District: c.District, Year: c.Year})
	if err != nil {
		return client.Fault(err)
	}
	if c.JSON {
		return printJSON(answer.GetRoot())
	}
	_, err = fmt.Print(answer.GetRoot().GetCheckpoint())
	return err
}

type rootsKeyCmd struct {
	connection `embed:""`
}

// Run prints the public key.
func (c *rootsKeyCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	answer, err := api.Evidence.ListLogs(ctx, &gridcasev1.ListLogsRequest{Year: 1})
	if err != nil {
		return client.Fault(err)
	}
	_, err = fmt.Println(answer.GetKey())
	return err
}
