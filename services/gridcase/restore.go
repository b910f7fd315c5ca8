package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/gridcase/gridcase/pkg/archive"
	"github.com/gridcase/gridcase/pkg/config"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/natsd"
)

// restoreCmd is 'gridcase restore'. It needs no server: it makes the log of one that does not run yet.
type restoreCmd struct {
	Archive string `arg:"" help:"The archive: a directory, or s3://BUCKET/PREFIX on the server of AWS_ENDPOINT_URL, with the key of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."`
	Data    string `help:"Data directory of the new installation." env:"GRIDCASE_DATA" placeholder:"DIR"`
	Key     string `help:"The public key that must have signed the roots. Without it the one in the archive is taken."`

	UnsafeFilesystem bool `help:"Allow a data directory on a file system other than ext4, XFS or btrfs." env:"GRIDCASE_UNSAFE_FILESYSTEM"`
}

// Run checks the archive, then makes the log beside its place and puts it there as a whole: what was cut off is begun again.
func (c *restoreCmd) Run(ctx context.Context) error {
	if c.Data == "" {
		c.Data = config.DefaultData()
	}
	place := filepath.Join(c.Data, "nats")
	if err := vacant(place); err != nil {
		return err
	}
	a, err := archive.Open(ctx, c.Archive)
	if err != nil {
		return err
	}
	if r := a.Verify(ctx, c.Key); len(r.Faults) > 0 {
		return fmt.Errorf("the archive is not sound (gridcase archive verify %s): %s", c.Archive, r.Faults[0])
	}
	if err := os.MkdirAll(c.Data, 0o755); err != nil { // the database's user passes through
		return fmt.Errorf("make the data directory: %w", err)
	}
	beside := place + ".restoring"
	if err := os.RemoveAll(beside); err != nil {
		return fmt.Errorf("clear what an earlier restore left: %w", err)
	}
	if err := c.fill(ctx, a, beside); err != nil {
		return err
	}
	syscall.Sync() // all of it is on the disk before it has its name
	if err := os.Rename(beside, place); err != nil {
		return fmt.Errorf("put the log into its place: %w", err)
	}
	syscall.Sync()
	for _, s := range a.Streams {
		fmt.Printf("%s: %d records\n", s.Name, s.Count())
	}
	fmt.Printf("the log stands in %s; put the keys and the vault of the old installation beside it, then run gridcase up --data %s\n", place, c.Data)
	return nil
}

// vacant refuses a place where a log stands.
func vacant(place string) error {
	entries, err := os.ReadDir(place)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for a log: %w", err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s holds a log already: an archive is restored into an empty installation", place)
	}
	return os.Remove(place)
}

// fill makes a log of the archive in a directory.
func (c *restoreCmd) fill(ctx context.Context, a *archive.Archive, dir string) error {
	broker, err := natsd.Start(natsd.Options{Dir: dir, UnsafeLazySync: true, UnsafeFilesystem: c.UnsafeFilesystem}) // it is synced as a whole at the end
	if err != nil {
		return err
	}
	defer broker.Close()
	conn, err := broker.Connect("restore")
	if err != nil {
		return err
	}
	defer conn.Close()
	log, err := eventstore.New(eventstore.Options{Conn: conn, Patience: 30 * time.Second})
	if err != nil {
		return err
	}
	for i := range a.Streams {
		s := &a.Streams[i]
		if err := log.Restore(ctx, s.Name, stored(ctx, a, s)); err != nil {
			return fmt.Errorf("restore %s: %w", s.Name, err)
		}
	}
	return nil
}

// stored are a stream's records as the log takes them.
func stored(ctx context.Context, a *archive.Archive, s *archive.Stream) iter.Seq2[eventstore.Stored, error] {
	return func(yield func(eventstore.Stored, error) bool) {
		for r, err := range a.Records(ctx, s) {
			if err != nil {
				yield(eventstore.Stored{}, err)
				return
			}
			if !yield(eventstore.Stored{Subject: r.GetSubject(), Headers: archive.Headers(r), Payload: r.GetPayload(), Seq: r.GetSequence()}, nil) {
				return
			}
		}
	}
}
