package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/fault"
)

// viewsCmd is 'gridcase views'.
type viewsCmd struct {
	connection `embed:""`
	View       string `arg:"" optional:"" help:"One view; all where it is left out."`
}

// Run prints the generations of the views, and why what is halted is.
func (c *viewsCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	answer, err := api.Ops.ListViews(ctx, &gridcasev1.ListViewsRequest{View: c.View})
	if err != nil {
		return client.Fault(err)
	}
	if c.JSON {
		return printJSON(answer)
	}
	if err := table(func(t *tabwriter.Writer) {
		fmt.Fprintln(t, "VIEW\tVERSION\tGENERATION\tSTATE\tSINCE\tEVENTS\tOF\tRATE\tLEFT\tPARKED")
		for _, g := range answer.GetGenerations() {
			fmt.Fprintf(t, "%s\t%d\t%d\t%s\t%s\t%d\t%d\t%s\t%s\t%d\n", g.GetView(), g.GetVersion(), g.GetNumber(), generationState(g), since(g), g.GetEvents(), g.GetTotal(),
				rate(g), left(g), g.GetQuarantined())
		}
	}); err != nil {
		return err
	}
	return printHalts(answer.GetGenerations())
}

// printHalts prints a line for each log in which a generation doesn't go on.
func printHalts(all []*gridcasev1.Generation) error {
	for _, g := range all {
		for _, s := range g.GetStreams() {
			if s.GetHalted() == "" {
				continue
			}
			if _, err := fmt.Printf("halted: view %s, generation %d, %s at %d: %s\n", g.GetView(), g.GetNumber(), s.GetStream(), s.GetHeld(), s.GetHalted()); err != nil {
				return err
			}
		}
	}
	return nil
}

func generationState(g *gridcasev1.Generation) string {
	if sorted(g) > 0 {
		return "sorting" // so that it is built
	}
	return strings.ToLower(strings.TrimPrefix(g.GetState().String(), "GENERATION_STATE_"))
}

// since is when a generation began to serve or, while it is built, when that began.
func since(g *gridcasev1.Generation) string {
	if g.GetState() == gridcasev1.GenerationState_GENERATION_STATE_BUILDING {
		return when(g.GetBegan())
	}
	return when(g.GetSince())
}

func rate(g *gridcasev1.Generation) string {
	if g.GetEventsPerSecond() == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f/s", g.GetEventsPerSecond())
}

func left(g *gridcasev1.Generation) string {
	if g.GetEventsPerSecond() == 0 {
		return "-"
	}
	return (time.Duration(g.GetSecondsLeft()*1000) * time.Millisecond).Round(time.Second).String()
}

// rebuildCmd is 'gridcase rebuild'.
type rebuildCmd struct {
	connection `embed:""`
	View       string `arg:"" help:"The view."`
	Back       bool   `help:"Let the generation serve again that served before, once it has caught up." xor:"what"`
	Drop       bool   `help:"Drop what is kept, and give up what is being rebuilt." xor:"what"`
	Detach     bool   `help:"Don't wait until it serves."`
}

// Run asks for it and follows it until it serves.
func (c *rebuildCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	number, err := c.ask(ctx, api)
	if err != nil {
		return client.Fault(err)
	}
	if c.Drop {
		_, err := fmt.Printf("%s: %d dropped\n", c.View, number)
		return err
	}
	if c.Detach {
		_, err := fmt.Printf("%s: generation %d is being built; gridcase views %s tells how far it is\n", c.View, number, c.View)
		return err
	}
	return c.follow(ctx, api, number)
}

// ask asks for what the flags say and returns the generation that is built then, or how many are dropped.
func (c *rebuildCmd) ask(ctx context.Context, api *client.Client) (uint32, error) {
	switch {
	case c.Drop:
		answer, err := api.Ops.DropView(ctx, &gridcasev1.DropViewRequest{View: c.View})
		return answer.GetDropped(), err
	case c.Back:
		answer, err := api.Ops.RollBackView(ctx, &gridcasev1.RollBackViewRequest{View: c.View})
		return answer.GetGeneration(), err
	}
	answer, err := api.Ops.RebuildView(ctx, &gridcasev1.RebuildViewRequest{View: c.View})
	return answer.GetGeneration(), err
}

// follow draws how far a generation is until it serves. A log in which it is halted ends that, and so does giving it up; a server that is
// busy or away is waited for.
func (c *rebuildCmd) follow(ctx context.Context, api *client.Client, number uint32) error {
	bar := progressBar{to: os.Stderr}
	defer bar.end()
	for {
		answer, err := api.Ops.ListViews(ctx, &gridcasev1.ListViewsRequest{View: c.View})
		if f := client.Fault(err); err != nil && f.Kind != fault.Unavailable {
			return f
		} else if err == nil {
			if serves, err := c.look(&bar, generation(answer.GetGenerations(), number), number); serves || err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not waited for: the rebuild goes on without this command")
		case <-time.After(250 * time.Millisecond):
		}
	}
}

// look draws how far a generation is, and tells whether it serves.
func (c *rebuildCmd) look(bar *progressBar, g *gridcasev1.Generation, number uint32) (serves bool, err error) {
	if g == nil {
		return false, fmt.Errorf("generation %d of %s was given up", number, c.View)
	}
	bar.draw(g)
	if g.GetState() == gridcasev1.GenerationState_GENERATION_STATE_SERVING {
		bar.end()
		_, err := fmt.Printf("%s: generation %d serves, %d events\n", c.View, number, g.GetEvents())
		return true, err
	}
	for _, s := range g.GetStreams() {
		if s.GetHalted() != "" {
			return false, fmt.Errorf("generation %d of %s is halted in %s at %d: %s", number, c.View, s.GetStream(), s.GetHeld(), s.GetHalted())
		}
	}
	return false, nil
}

func generation(all []*gridcasev1.Generation, number uint32) *gridcasev1.Generation {
	for _, g := range all {
		if g.GetNumber() == number {
			return g
		}
	}
	return nil
}
