package main

import (
	"context"
	"fmt"
	"os"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/archive"
	"github.com/gridcase/gridcase/pkg/client"
)

// archiveCmd is 'gridcase archive'.
type archiveCmd struct {
	Write  archiveWriteCmd  `cmd:"" default:"withargs" help:"Copy what the archive does not have yet."`
	Verify archiveVerifyCmd `cmd:"" help:"Check an archive without a server: files, chain, every case's chain, the signed roots."`
}

type archiveWriteCmd struct {
	connection `embed:""`
	Archive    string `arg:"" help:"The archive: a directory, or s3://BUCKET/PREFIX on the server of AWS_ENDPOINT_URL, with the key of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. It holds an archive, or nothing."`
}

// pageSize is how many records are read at once.
const pageSize = 1000

// Run adds to the archive what the log has more.
func (c *archiveWriteCmd) Run(ctx context.Context) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	a, err := archive.Begin(ctx, c.Archive)
	if err != nil {
		return err
	}
	answer, err := api.Evidence.ListStreams(ctx, &gridcasev1.ListStreamsRequest{})
	if err != nil {
		return client.Fault(err)
	}
	if a.Key != "" && a.Key != answer.GetKey() {
		return fmt.Errorf("the archive is of an installation whose roots are signed by another key, %s: give this one a place of its own", a.Key)
	}
	a.Key = answer.GetKey()
	added := uint64(0)
	for _, s := range answer.GetStreams() {
		n, err := copyStream(ctx, api, a, s)
		if err != nil {
			return err
		}
		added += n
	}
	if err := a.Save(ctx, time.Now()); err != nil {
		return err
	}
	if a.Unguarded() {
		fmt.Fprintln(os.Stderr, "the server knows no conditional put: see that no other run writes this archive at the same time")
	}
	fmt.Printf("%d records added, %d streams\n", added, len(a.Streams))
	return nil
}

// copyStream copies a stream up to where it was when the copying began.
func copyStream(ctx context.Context, api *client.Client, a *archive.Archive, s *gridcasev1.EvidenceStream) (n uint64, err error) {
	if err := sameLog(ctx, api, a.Stream(s.GetName()), s); err != nil {
		return 0, err
	}
	w, err := a.Append(s.GetName(), s.GetCreated().AsTime(), archive.Gaps(s.GetName()))
	if err != nil {
		return 0, err
	}
	for w.Next() <= s.GetLast() {
		answer, err := api.Evidence.ReadRecords(ctx, &gridcasev1.ReadRecordsRequest{Stream: s.GetName(), From: w.Next(), Limit: pageSize})
		if err != nil {
			return n, client.Fault(err)
		}
		if len(answer.GetRecords()) == 0 {
			return n, fmt.Errorf("%s ends at %d, but says that it has %d: run gridcase audit", s.GetName(), w.Next()-1, s.GetLast())
		}
		for _, r := range answer.GetRecords() {
			if r.GetSequence() > s.GetLast() {
				break
			}
			if err := w.Add(ctx, r); err != nil {
				return n, err
			}
			n++
		}
	}
	if n > 0 {
		fmt.Fprintf(os.Stderr, "%s: %d records\n", s.GetName(), n)
	}
	return n, w.Close(ctx)
}

// sameLog refuses to go on with a log that is not the one that was archived: it went back, or was made anew. Of a bucket older values may be
// gone.
func sameLog(ctx context.Context, api *client.Client, held *archive.Stream, s *gridcasev1.EvidenceStream) error {
	if held.End() == 0 || archive.Gaps(held.Name) {
		return nil
	}
	wrong := fmt.Errorf("%s is not the stream that was archived: at %d, where the archive ends, it holds something else; run gridcase audit", held.Name, held.End())
	if s.GetLast() < held.End() {
		return wrong
	}
	answer, err := api.Evidence.ReadRecords(ctx, &gridcasev1.ReadRecordsRequest{Stream: held.Name, From: held.End(), Limit: 1})
	if err != nil {
		return client.Fault(err)
	}
	if len(answer.GetRecords()) == 0 {
		return wrong
	}
	print, err := archive.Print(answer.GetRecords()[0])
	if err == nil && print != held.Last {
		err = wrong
	}
	return err
}

type archiveVerifyCmd struct {
	Archive string `arg:"" help:"The archive: a directory, or s3://BUCKET/PREFIX on the server of AWS_ENDPOINT_URL, with the key of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."`
	Key     string `help:"The public key that must have signed the roots (gridcase roots key). Without it the one in the archive is taken."`
}

// Run checks the archive and says in a line each what is wrong.
func (c *archiveVerifyCmd) Run(ctx context.Context) error {
	a, err := archive.Open(ctx, c.Archive)
	if err != nil {
		return err
	}
	r := a.Verify(ctx, c.Key)
	for _, fault := range r.Faults {
		fmt.Println(fault)
	}
	if len(r.Faults) > 0 {
		return fmt.Errorf("the archive is not sound: %d faults", len(r.Faults))
	}
	fmt.Printf("sound: %d records in %d streams, %d events, held to %d signed roots\n", r.Records, len(a.Streams), r.Events, r.Roots)
	return nil
}
