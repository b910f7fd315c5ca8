package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
)

// hotspotsCmd is 'gridcase hotspots'.
type hotspotsCmd struct {
	connection `embed:""`
	pageArgs   `embed:""`
	District   string `help:"The district, where there is more than one."`
	periodArgs `embed:""`
	By         string `help:"What a place is: tile, a piece of ground 50 m wide, or grid, a unit grid." enum:"tile,grid" default:"tile"`
	Area       string `help:"Places in this area alone." placeholder:"CODE"`
	Type       string `help:"Cases of this type alone." placeholder:"parking.motor"`
	Min        uint32 `help:"How many cases make a hot spot." default:"5"`
}

// Run prints the places, page by page.
func (c *hotspotsCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	p, err := c.period()
	if err != nil {
		return err
	}
	q := &gridcasev1.ListHotSpotsRequest{District: c.District, Area: c.Area, CaseType: c.Type, FromDay: p.from, ToDay: p.to, Period: p.name, By: c.By, MinCases: c.Min}
	var all []*gridcasev1.HotSpot
	err = c.pages(func(limit uint32, page string) (int, string, error) {
		q.Limit, q.Page = limit, page
		answer, err := api.Query.ListHotSpots(ctx, q)
		if err != nil {
			return 0, "", client.Fault(err)
		}
		warnStale(answer.GetFreshness())
		all = append(all, answer.GetSpots()...)
		return len(answer.GetSpots()), answer.GetNextPage(), nil
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return printEach(all)
	}
	return table(func(t *tabwriter.Writer) {
		fmt.Fprintln(t, "CASES\tTYPE\tGRID\tAROUND\tFIRST FILED\tLAST FILED")
		for _, s := range all {
			around := "-"
			if p := s.GetCentre(); p != nil {
				around = fmt.Sprintf("%.5f,%.5f", p.GetLongitude(), p.GetLatitude())
			}
			fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\t%s\n", s.GetCases(), s.GetCaseType(), s.GetGrid(), around, when(s.GetFirstFiledAt()), when(s.GetLastFiledAt()))
		}
	})
}
