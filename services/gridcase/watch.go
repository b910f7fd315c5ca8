package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/gridcase/gridcase/pkg/client"
)

// watchCmd is 'gridcase watch'.
type watchCmd struct {
	connection `embed:""`
	District   string `help:"The district, where there is more than one."`
	Area       string `help:"A street, community or unit grid; the whole district where neither it nor a queue is given." xor:"what"`
	Queue      string `help:"acceptor, dispatcher, department:ID or worker:ID." xor:"what"`
	After      string `help:"Go on from here: positions of receipts or answers, or the id of a message." placeholder:"POSITION"`
}

// Run prints a line for each change until it is interrupted. It goes on by itself after the server was away.
func (c *watchCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	err = api.Watch(ctx, client.Watch{District: c.District, Area: c.Area, Queue: c.Queue, After: c.After}, c.print)
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// print writes what a change says.
func (c *watchCmd) print(k client.Change) error {
	if c.JSON {
		return c.printWhole(k)
	}
	var err error
	switch {
	case k.Start.GetReset_() != "":
		fmt.Fprintln(os.Stderr, "gridcase: changes may be missing before", k.At)
	case k.Start != nil:
		_, err = fmt.Printf("from %s\n", k.At)
	case k.Case.GetGone():
		_, err = fmt.Printf("%s  %s  gone\n", k.Case.GetPosition(), k.Case.GetCaseId())
	case k.Case != nil:
		_, err = fmt.Printf("%s  %s  %s  %s  %-22s %s\n", k.Case.GetPosition(), k.Case.GetCaseId(), when(k.Case.GetAt()), k.Case.GetGrid(), k.Case.GetEvent(), strings.ToLower(short(k.Case.GetState().String())))
	case k.Grid != nil:
		_, err = fmt.Printf("area %s  open %d  closed %d\n", k.Grid.GetCode(), k.Grid.GetOpen(), k.Grid.GetClosed())
	case k.Freshness.GetStale():
		fmt.Fprintln(os.Stderr, "gridcase: what follows is late: the read models have not caught up with the log")
	case k.Freshness != nil:
		fmt.Fprintln(os.Stderr, "gridcase: the read models have caught up")
	}
	return err
}

// printWhole writes a change's message as JSON.
func (c *watchCmd) printWhole(k client.Change) error {
	for _, m := range []proto.Message{k.Start, k.Case, k.Grid, k.Freshness} {
		if m.ProtoReflect().IsValid() {
			return printJSON(m)
		}
	}
	return nil
}
