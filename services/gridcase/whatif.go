package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/catalog"
	"github.com/gridcase/gridcase/pkg/catalogfile"
	"github.com/gridcase/gridcase/pkg/client"
)

// whatifCmd is 'gridcase whatif'.
type whatifCmd struct {
	connection `embed:""`
	District   string `help:"The district, where there is more than one."`
	periodArgs `embed:""`
	Catalog    string `help:"Other limits, conditions and routes: a catalogue's file as 'catalog publish' takes it. Types that it leaves out stay." type:"existingfile" placeholder:"FILE"`
	Policy     string `help:"Another policy: a file with the key policy alone." type:"existingfile" placeholder:"FILE"`
	Calendar   string `help:"Another working time: a file as 'calendar publish' takes it." type:"existingfile" placeholder:"FILE"`
	By         string `help:"What the work is grouped by: department, grid, community, street or case_type; the district as a whole where it is left out." enum:",department,grid,community,street,case_type" default:""`
	Cases      bool   `help:"List the clocks whose verdict changes, and the dispatches that would go elsewhere."`
	Limit      uint32 `help:"How many of each are listed at most." default:"1000"`
}

// Run prints what was beside what would have been.
func (c *whatifCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	q, err := c.request(ctx, api)
	if err != nil {
		return err
	}
	answer, err := api.Study.WhatIf(ctx, q)
	if err != nil {
		return client.Fault(err)
	}
	if c.JSON {
		return printJSON(answer)
	}
	return c.print(answer)
}

// request reads the files.
func (c *whatifCmd) request(ctx context.Context, api *client.Client) (*gridcasev1.WhatIfRequest, error) {
	if c.Catalog == "" && c.Policy == "" && c.Calendar == "" {
		return nil, errors.New("nothing is otherwise: give --catalog, --policy or --calendar")
	}
	p, err := c.period()
	if err != nil {
		return nil, err
	}
	q := &gridcasev1.WhatIfRequest{District: c.District, FromDay: p.from, ToDay: p.to, Period: p.name, By: c.By}
	if c.Cases {
		q.Limit = c.Limit
	}
	if q.Policy, err = readFile(c.Policy, catalogfile.ReadPolicy); err != nil {
		return nil, err
	}
	if q.Calendar, err = readFile(c.Calendar, catalogfile.ReadCalendar); err != nil {
		return nil, err
	}
	next, err := readFile(c.Catalog, catalogfile.Read)
	if err != nil || next == nil {
		return q, err
	}
	current, err := api.Query.GetCatalogue(ctx, &gridcasev1.GetCatalogueRequest{District: c.District})
	if err != nil {
		return nil, client.Fault(err)
	}
	q.Catalogue = catalog.Succeed(current.GetCatalogue(), next)
	return q, nil
}

// readFile reads a file, where one is named.
func readFile[V any](path string, read func([]byte) (*V, error)) (*V, error) {
	if path == "" {
		return nil, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("compare: %w", err)
	}
	v, err := read(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return v, nil
}
