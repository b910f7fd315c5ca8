package main

import (
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// printJSON writes a message as one line of JSON, with the contract's own field names.
func printJSON(m proto.Message) error {
	b, err := protojson.MarshalOptions{EmitDefaultValues: false}.Marshal(m)
	if err != nil {
		return fmt.Errorf("print: %w", err)
	}
	_, err = fmt.Fprintln(os.Stdout, string(b))
	return err
}

// printEach writes messages as lines of JSON.
func printEach[M proto.Message](all []M) error {
	for _, m := range all {
		if err := printJSON(m); err != nil {
			return err
		}
	}
	return nil
}

// table prints aligned columns.
func table(rows func(t *tabwriter.Writer)) error {
	t := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', 0)
	rows(t)
	return t.Flush()
}

// when prints a time in the local zone of whoever looks; "-" where there is none.
func when(t *timestamppb.Timestamp) string {
	if t == nil {
		return "-"
	}
	return t.AsTime().Local().Format(time.DateTime)
}
