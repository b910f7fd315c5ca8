package main

import (
	"context"
	"fmt"
	"slices"
	"text/tabwriter"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
)

// gridCmd is 'gridcase grid'.
type gridCmd struct {
	Status gridStatusCmd `cmd:"" help:"How many cases stand in an area, by type and state."`
	Map    gridMapCmd    `cmd:"" help:"How many cases stand in each unit grid of a district."`
}

type gridStatusCmd struct {
	connection `embed:""`
	asOfArgs   `embed:""`
	Code       string `arg:"" help:"A district, street, community or unit grid."`
}

// Run prints the counts of the area and of its parts.
func (c *gridStatusCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	asOf, err := c.moment()
	if err != nil {
		return err
	}
	answer, err := api.Query.GetGridStatus(ctx, &gridcasev1.GetGridStatusRequest{Code: c.Code, AsOf: asOf})
	if err != nil {
		return client.Fault(err)
	}
	warnStale(answer.GetFreshness())
	if c.JSON {
		return printJSON(answer)
	}
	if err := printCounts(answer.GetArea(), answer.GetParts()); err != nil {
		return err
	}
	return table(func(t *tabwriter.Writer) {
		fmt.Fprintln(t, "\nTYPE\tSTATE\tCASES")
		for _, n := range answer.GetArea().GetCounts() {
			fmt.Fprintf(t, "%s\t%s\t%d\n", n.GetCaseType(), short(n.GetState().String()), n.GetCases())
		}
	})
}

type gridMapCmd struct {
	connection `embed:""`
	asOfArgs   `embed:""`
	District   string `help:"The district, where there is more than one."`
}

// Run prints the unit grids that have cases, behind the district's sum; in JSON all of them, with the counts by type and state.
func (c *gridMapCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	asOf, err := c.moment()
	if err != nil {
		return err
	}
	answer, err := api.Query.GetGridMap(ctx, &gridcasev1.GetGridMapRequest{District: c.District, AsOf: asOf, TotalsOnly: !c.JSON})
	if err != nil {
		return client.Fault(err)
	}
	warnStale(answer.GetFreshness())
	if c.JSON {
		return printJSON(answer)
	}
	grids := slices.DeleteFunc(answer.GetGrids(), func(g *gridcasev1.GridCount) bool { return g.GetOpen()+g.GetClosed() == 0 })
	return printCounts(answer.GetTotal(), grids)
}

// printCounts prints an area and its parts.
func printCounts(area *gridcasev1.GridCount, parts []*gridcasev1.GridCount) error {
	return table(func(t *tabwriter.Writer) {
		fmt.Fprintln(t, "AREA\tNAME\tOPEN\tCLOSED")
		for _, a := range append([]*gridcasev1.GridCount{area}, parts...) {
			fmt.Fprintf(t, "%s\t%s\t%d\t%d\n", a.GetCode(), a.GetName(), a.GetOpen(), a.GetClosed())
		}
	})
}
