package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/catalog"
	"github.com/gridcase/gridcase/pkg/catalogfile"
	"github.com/gridcase/gridcase/pkg/client"
)

// catalogCmd is 'gridcase catalog'.
type catalogCmd struct {
	Check   catalogCheckCmd   `cmd:"" help:"Name every fault of a catalogue's file, by line. Works without a server."`
	Import  catalogImportCmd  `cmd:"" help:"Turn a spreadsheet of filing and closing standards into a catalogue's file. Works without a server."`
	Publish catalogPublishCmd `cmd:"" help:"Add a version of a district's catalogue: the file's types, beside those that it has."`
	Show    catalogShowCmd    `cmd:"" help:"The case types of a district, with their conditions and limits."`
}

type catalogCheckCmd struct {
	File string `arg:"" help:"YAML or JSON." type:"existingfile"`
}

// Run prints the faults; they are an error.
func (c *catalogCheckCmd) Run() error {
	data, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("check the catalogue: %w", err)
	}
	v, found := catalogfile.Check(data)
	for _, f := range found {
		fmt.Printf("%s:%d: %s (%s)\n", c.File, f.Line, f.Text, f.Code)
	}
	if len(found) > 0 {
		return fmt.Errorf("%s has %d faults", c.File, len(found))
	}
	fmt.Printf("%s is sound: %s\n", c.File, size(v))
	return nil
}

// size counts what a catalogue holds.
func size(v *gridcasev1.CatalogueVersion) string {
	conditions := 0
	for _, t := range v.GetTypes() {
		conditions += len(t.GetConditions())
	}
	return fmt.Sprintf("%d case types, %d conditions", len(v.GetTypes()), conditions)
}

type catalogImportCmd struct {
	Out  string `help:"Where the catalogue goes; the standard output where none is given." placeholder:"FILE.yaml"`
	File string `arg:"" help:"Spreadsheet (.xlsx) with columns such as 小类, 立案条件, 处置时限, 结案条件." type:"existingfile"`
}

// Run writes what could be read, and reports every row that could not; such rows are an error.
func (c *catalogImportCmd) Run() error {
	data, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("import standards: %w", err)
	}
	v, unread, err := catalogfile.ReadStandards(bytes.NewReader(data))
	if err != nil {
		return err
	}
	for _, u := range unread {
		fmt.Fprintln(os.Stderr, u)
	}
	if len(v.GetTypes()) > 0 {
		if err := c.write(v); err != nil {
			return err
		}
	}
	fmt.Fprintf(os.Stderr, "%s read, %d rows or sheets not\n", size(v), len(unread))
	if len(unread) > 0 || len(v.GetTypes()) == 0 {
		return errors.New("not everything could be read; what could is written")
	}
	return nil
}

func (c *catalogImportCmd) write(v *gridcasev1.CatalogueVersion) error {
	out, err := catalogfile.Write(v)
	if err != nil {
		return err
	}
	if c.Out == "" {
		_, err = os.Stdout.Write(out)
	} else {
		err = os.WriteFile(c.Out, out, 0o644)
	}
	if err != nil {
		return fmt.Errorf("write the catalogue: %w", err)
	}
	return nil
}

type catalogPublishCmd struct {
	connection `embed:""`
	District   string `help:"The district's 6 digits, where there is more than one."`
	File       string `arg:"" help:"YAML or JSON." type:"existingfile"`
}

// Run checks and publishes the file. The same catalogue again changes nothing.
func (c *catalogPublishCmd) Run(ctx context.Context) error {
	data, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("publish the catalogue: %w", err)
	}
	next, err := catalogfile.Read(data)
	if err != nil {
		return err
	}
	api, err := c.client()
	if err != nil {
		return err
	}
	current, err := api.Query.GetCatalogue(ctx, &gridcasev1.GetCatalogueRequest{District: c.District})
	if err != nil {
		return client.Fault(err)
	}
	whole := catalog.Succeed(current.GetCatalogue(), next)
	published, err := api.Desk.PublishCatalogue(ctx, &gridcasev1.PublishCatalogue{District: current.GetCatalogue().GetDistrict(), Types: whole.GetTypes(), Policy: whole.GetPolicy()})
	if err != nil {
		return client.Fault(err)
	}
	switch {
	case c.JSON:
		return printJSON(published)
	case published.GetUnchanged():
		fmt.Printf("district %s: version %d says this already\n", published.GetDistrict(), published.GetVersion())
	default:
		fmt.Printf("district %s: version %d, %s\n", published.GetDistrict(), published.GetVersion(), size(whole))
	}
	return nil
}

type catalogShowCmd struct {
	connection `embed:""`
	District   string `help:"The district's 6 digits, where there is more than one."`
	YAML       bool   `name:"yaml" help:"Print it as the file that 'catalog publish' takes."`
}

// Run prints a line a condition.
func (c *catalogShowCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	answer, err := api.Query.GetCatalogue(ctx, &gridcasev1.GetCatalogueRequest{District: c.District})
	if err != nil {
		return client.Fault(err)
	}
	if c.JSON {
		return printJSON(answer)
	}
	if c.YAML {
		file, err := catalogfile.Write(answer.GetCatalogue())
		if err != nil {
			return err
		}
		_, err = os.Stdout.Write(file)
		return err
	}
	fmt.Printf("district %s, version %d: %s\n", answer.GetCatalogue().GetDistrict(), answer.GetCatalogue().GetVersion(), size(answer.GetCatalogue()))
	return table(func(t *tabwriter.Writer) {
		fmt.Fprintln(t, "TYPE\tNAME\tCONDITION\tNAME\tLIMIT\tLEAD")
		for _, k := range answer.GetCatalogue().GetTypes() {
			for _, rule := range k.GetConditions() {
				fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", k.GetId(), k.GetNameZh(), rule.GetId(), rule.GetNameZh(), limitText(rule.GetLimit()), rule.GetLead())
			}
		}
	})
}
