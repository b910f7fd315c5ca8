package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/calendar"
	"github.com/gridcase/gridcase/pkg/catalogfile"
	"github.com/gridcase/gridcase/pkg/client"
)

// calendarCmd is 'gridcase calendar'.
type calendarCmd struct {
	Check   calendarCheckCmd   `cmd:"" help:"Name the faults of a file of working time, by line. Works without a server."`
	Builtin calendarBuiltinCmd `cmd:"" help:"Print a calendar that the product brings along, as a file to begin with. Works without a server."`
	Publish calendarPublishCmd `cmd:"" help:"Add a version of a district's working time."`
}

type calendarCheckCmd struct {
	File string `arg:"" help:"YAML or JSON." type:"existingfile"`
}

// Run prints the faults; they are an error.
func (c *calendarCheckCmd) Run() error {
	data, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("check the calendar: %w", err)
	}
	v, found := catalogfile.CheckCalendar(data)
	for _, f := range found {
		fmt.Printf("%s:%d: %s (%s)\n", c.File, f.Line, f.Text, f.Code)
	}
	if len(found) > 0 {
		return fmt.Errorf("%s has %d faults", c.File, len(found))
	}
	fmt.Printf("%s is sound: %s, %d periods a week, %d holidays, %d make-up workdays\n", c.File, v.GetZone(), len(v.GetPeriods()), len(v.GetHolidays()), len(v.GetWorkdays()))
	return nil
}

type calendarBuiltinCmd struct {
	Name string `arg:"" help:"boston, cn-2026 or weekdays."`
}

// Run prints the file.
func (c *calendarBuiltinCmd) Run() error {
	v, ok := calendar.BuiltIn(c.Name)
	if !ok {
		return fmt.Errorf("there is no calendar %q; there are %s", c.Name, strings.Join(calendar.BuiltIns(), ", "))
	}
	file, err := catalogfile.WriteCalendar(v)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(file)
	return err
}

type calendarPublishCmd struct {
	connection `embed:""`
	District   string `help:"The district's 6 digits." required:""`
	File       string `arg:"" help:"YAML or JSON." type:"existingfile"`
}

// Run checks and publishes the file. The same working time again changes nothing.
func (c *calendarPublishCmd) Run(ctx context.Context) error {
	data, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("publish the calendar: %w", err)
	}
	v, err := catalogfile.ReadCalendar(data)
	if err != nil {
		return err
	}
	api, err := c.client()
	if err != nil {
		return err
	}
	v.District = c.District
	published, err := api.Desk.PublishCalendar(ctx, &gridcasev1.PublishCalendar{Calendar: v})
	if err != nil {
		return client.Fault(err)
	}
	switch {
	case c.JSON:
		return printJSON(published)
	case published.GetUnchanged():
		fmt.Printf("district %s: version %d says this already\n", published.GetDistrict(), published.GetVersion())
	default:
		fmt.Printf("district %s: version %d\n", published.GetDistrict(), published.GetVersion())
	}
	return nil
}
