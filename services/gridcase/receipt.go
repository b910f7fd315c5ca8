package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
)

// receiptCmd is 'gridcase receipt'.
type receiptCmd struct {
	connection `embed:""`
	District   string `help:"The case's district, where there is more than one."`
	Command    string `arg:"" help:"The command's id."`
}

// Run prints what is stored of the command.
func (c *receiptCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	answer, err := api.Query.GetReceipt(ctx, &gridcasev1.GetReceiptRequest{District: c.District, CommandId: c.Command})
	if err != nil {
		return client.Fault(err)
	}
	warnStale(answer.GetFreshness())
	if c.JSON {
		return printJSON(answer)
	}
	r := answer.GetReceipt()
	return table(func(t *tabwriter.Writer) {
		fmt.Fprintf(t, "number\t%s\ncase\t%s/%s\nversion\t%d\nposition\t%s\nstate\t%s\nat\t%s\n", r.GetNumber(), r.GetDistrict(), r.GetCaseId(), r.GetVersion(), r.GetPosition(),
			strings.ToLower(short(r.GetState().String())), when(answer.GetAt()))
	})
}
