package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/grid"
)

// gridsCmd is 'gridcase grids'.
type gridsCmd struct {
	Load gridsLoadCmd `cmd:"" help:"Publish the areas of a GeoJSON file as a district's next version."`
}

type gridsLoadCmd struct {
	connection `embed:""`
	Levels     []uint32 `help:"Length of the codes at each level." default:"6,9,12,15"`
	File       string   `arg:"" help:"GeoJSON FeatureCollection: properties code, name; unit grids with a Polygon, the areas above them with or without." type:"existingfile"`
}

// Run reads, checks and publishes the file. The same areas again change nothing.
func (c *gridsLoadCmd) Run(ctx context.Context) error {
	b, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("load grids: %w", err)
	}
	areas, err := grid.ReadGeoJSON(b)
	if err != nil {
		return err
	}
	if len(areas) == 0 || len(areas[0].GetCode()) < 6 {
		return errors.New("load grids: the file has no areas with codes of at least 6 digits")
	}
	district := areas[0].GetCode()[:6]
	m, err := grid.NewMap(&gridcasev1.GridsVersion{District: district, Levels: c.Levels, Areas: areas})
	if err != nil {
		return err
	}
	api, err := c.client()
	if err != nil {
		return err
	}
	published, err := api.Desk.PublishGrids(ctx, &gridcasev1.PublishGrids{District: district, Levels: c.Levels, Areas: areas})
	if err != nil {
		return client.Fault(err)
	}
	if c.JSON {
		return printJSON(published)
	}
	if published.GetUnchanged() {
		fmt.Printf("district %s: version %d has these areas already\n", district, published.GetVersion())
		return nil
	}
	fmt.Printf("district %s: version %d, %d unit grids\n", district, published.GetVersion(), len(m.Cells()))
	return nil
}
