package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gridcase/gridcase/pkg/client"
)

// watchCmd is 'gridcase watch'.
type watchCmd struct {
	connection `embed:""`
	District   string `help:"The queue's district, where there is more than one."`
	Area       string `help:"Code of a district, street, community or unit grid." xor:"what" required:""`
	Queue      string `help:"acceptor, dispatcher, department:ID or worker:ID." xor:"what" required:""`
	After      string `help:"Go on from this cursor, as an earlier stream told it."`
}

// Run prints a line a change until it is interrupted. It outlives the server's restarts.
func (c *watchCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	err = api.Watch(ctx, client.Watching{District: c.District, Area: c.Area, Queue: c.Queue, After: c.After}, c.print)
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func (c *watchCmd) print(e client.LiveEvent) error {
	switch {
	case c.JSON:
		return c.printJSON(e)
	case e.Reset != nil:
		fmt.Printf("from %s on\n", strings.Join(e.Reset.GetPositions(), ", "))
	case e.Case != nil:
		k := e.Case
		_, name, _ := strings.Cut(k.GetEvent(), "v1.")
		fmt.Printf("%s  %s  case %s  %s  version %d, now %s\n", when(k.GetAt()), k.GetGrid(), k.GetCaseId(), name, k.GetVersion(), short(k.GetState().String()))
	case e.Grid != nil:
		g := e.Grid.GetGrid()
		fmt.Printf("area %s  %d open, %d closed\n", g.GetCode(), g.GetOpen(), g.GetClosed())
	case e.Queue != nil && e.Queue.GetWaits():
		fmt.Printf("queue %s  case %s waits\n", e.Queue.GetQueue(), e.Queue.GetCaseId())
	case e.Queue != nil:
		fmt.Printf("queue %s  case %s has left\n", e.Queue.GetQueue(), e.Queue.GetCaseId())
	}
	return nil
}

func (c *watchCmd) printJSON(e client.LiveEvent) error {
	switch {
	case e.Reset != nil:
		return printJSON(e.Reset)
	case e.Case != nil:
		return printJSON(e.Case)
	case e.Grid != nil:
		return printJSON(e.Grid)
	case e.Queue != nil:
		return printJSON(e.Queue)
	}
	return nil
}
