package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
)

type caseSearchCmd struct {
	connection `embed:""`
	pageArgs   `embed:""`
	District   string `help:"The cases' district, where there is more than one."`
	Type       string `help:"Cases of this type alone." placeholder:"parking.motor"`
	Area       string `help:"Cases in this area alone." placeholder:"CODE"`
	Text       string `arg:"" help:"Words that all stand in a case: Chinese characters in a row, or letters and digits."`
}

// Run prints the cases in which the words stand, page by page.
func (c *caseSearchCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	q := &gridcasev1.SearchTextRequest{District: c.District, Text: c.Text, CaseType: c.Type, Area: c.Area}
	var all []*gridcasev1.CaseStatus
	err = c.pages(func(limit uint32, page string) (int, string, error) {
		q.Limit, q.Page = limit, page
		answer, err := api.Query.SearchText(ctx, q)
		if err != nil {
			return 0, "", client.Fault(err)
		}
		warnStale(answer.GetFreshness())
		all = append(all, answer.GetCases()...)
		return len(answer.GetCases()), answer.GetNextPage(), nil
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return printEach(all)
	}
	return table(func(t *tabwriter.Writer) {
		fmt.Fprintln(t, "NUMBER\tTYPE\tSTATE\tGRID\tREPORTED\tCASE")
		for _, k := range all {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s/%s\n", k.GetNumber(), k.GetCaseType(), short(k.GetState().String()), k.GetPlace().GetGrid(), when(k.GetReportedAt()), k.GetDistrict(), k.GetCaseId())
		}
	})
}
