package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
)

// kpiCmd is 'gridcase kpi'.
type kpiCmd struct {
	connection  `embed:""`
	asOfArgs    `embed:""`
	District    string `help:"The district, where there is more than one."`
	periodArgs  `embed:""`
	By          string `help:"What the figures are grouped by: department, grid, community, street, worker or position; the district as a whole where it is left out." enum:",department,grid,community,street,worker,position" default:""`
	Definitions uint32 `help:"The version of the definitions; the newest where it is left out."`
}

// Run prints the figures of a period.
func (c *kpiCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	asOf, err := c.moment()
	if err != nil {
		return err
	}
	p, err := c.period()
	if err != nil {
		return err
	}
	answer, err := api.Study.GetKpis(ctx, &gridcasev1.GetKpisRequest{District: c.District, FromDay: p.from, ToDay: p.to, Period: p.name, By: c.By, Definitions: c.Definitions, AsOf: asOf})
	if err != nil {
		return client.Fault(err)
	}
	if c.JSON {
		return printJSON(answer)
	}
	return table(func(t *tabwriter.Writer) {
		fmt.Fprintf(t, "district %s, from %s until %s, definitions %d, as of %v\n", answer.GetDistrict(), when(answer.GetFrom()), when(answer.GetTo()), answer.GetDefinitions(), answer.GetFreshness().GetPositions())
		for _, g := range answer.GetGroups() {
			printGroup(t, c.By, g)
		}
	})
}

// printGroup prints the figures of one group that have a value, and its mark.
func printGroup(t *tabwriter.Writer, by string, g *gridcasev1.KpiGroup) {
	fmt.Fprintf(t, "\n%s", strings.TrimSpace(cmp.Or(by, "the whole district")+" "+g.GetId()))
	if g.Mark != nil {
		fmt.Fprintf(t, ": mark %.1f, grade %s", g.GetMark(), g.GetGrade())
	}
	fmt.Fprintln(t, "\nFIGURE\tVALUE\tOF")
	for _, k := range g.GetKpis() {
		if k.Value != nil {
			fmt.Fprintf(t, "%s\t%.1f %%\t%g of %g\n", k.GetName(), 100*k.GetValue(), k.GetNumerator(), k.GetDenominator())
		}
	}
	if len(g.GetTimes()) == 0 {
		return
	}
	fmt.Fprintln(t, "MINUTES\tHALF IN\t90 % IN\tHALF IN, WORKING\t90 % IN, WORKING\tCASES")
	for _, s := range g.GetTimes() {
		fmt.Fprintf(t, "%s\t%.1f\t%.1f\t%.1f\t%.1f\t%d\n", s.GetName(), s.GetWallP50(), s.GetWallP90(), s.GetWorkingP50(), s.GetWorkingP90(), s.GetCases())
	}
}
