// Package archive keeps a log's streams as files of their own: segments that are chained by their hashes, and a manifest that names them. It
// owns the format, what makes a copy durable, and the check that needs no server. It never holds a personal value: the log has none.
//
// # Format
//
// manifest.json names every stream's segments in order, each with its first and last sequence, its count, its SHA-256 and the link of its
// chain: the SHA-256 over the link before it and its own hash. A segment is a Zstandard frame of at most 50,000 records, each a
// gridcase.v1.Record behind its length (protobuf's delimited form). A segment is cut before it holds much more than 64 MiB unpacked, so that
// it is written, sent and read in memory.
//
// A segment is kept before a manifest names it, and the manifest is replaced as a whole, by none but who read the one that stands: whenever
// a writing is cut off, or two run at once, the archive is what it was or what one of them made it. A segment's name holds a part of its
// hash, so no writing touches another's files; a file that no manifest names is of a writing that was cut off or came second, and may go.
//
// # Decisions
//
// 2026-11: an archive lies in a directory or in a bucket, behind one interface of three methods. A segment goes to S3 in one PUT, never in
// parts: such a PUT is atomic, leaves nothing behind when it is torn, and takes a condition on every server that knows conditions at all.
// It costs up to 64 MiB of memory.
package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"
)

const (
	// format is the number of this format.
	format = 1
	// manifestName is the manifest's file.
	manifestName = "manifest.json"
	// most is how many records a segment holds at most.
	most = 50_000
	// full is the size, in bytes before packing, that a segment is cut at.
	full = 64 << 20
)

// Manifest says what an archive holds.
type Manifest struct {
	Format  int       `json:"format"`
	Key     string    `json:"roots_key"` // the public key of the signed roots
	Written time.Time `json:"written"`
	Streams []Stream  `json:"streams"` // in the order in which they are restored
}

// Stream is what an archive holds of one stream.
type Stream struct {
	Name     string    `json:"name"`
	Created  time.Time `json:"created"` // when the stream was made that was copied last
	Last     string    `json:"last"`    // SHA-256 of the last record: a log that went back or was made anew has another one there
	Segments []Segment `json:"segments"`
}

// Segment is one file.
type Segment struct {
	File   string `json:"file"`
	First  uint64 `json:"first"`
	Last   uint64 `json:"last"`
	Count  uint64 `json:"count"`
	SHA256 string `json:"sha256"` // of the file
	Link   string `json:"link"`   // of the chain
}

// End is the sequence of the last record; 0 where there is none.
func (s *Stream) End() uint64 {
	if len(s.Segments) == 0 {
		return 0
	}
	return s.Segments[len(s.Segments)-1].Last
}

// Count is how many records there are.
func (s *Stream) Count() (n uint64) {
	for _, segment := range s.Segments {
		n += segment.Count
	}
	return n
}

func (s *Stream) link() string {
	if len(s.Segments) == 0 {
		return ""
	}
	return s.Segments[len(s.Segments)-1].Link
}

// link is the chain's next one.
func link(before, hash string) string { return digest([]byte(before + "\n" + hash)) }

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Archive is an archive that was opened.
type Archive struct {
	Where string // as it was given: a directory, or s3://BUCKET/PREFIX
	Manifest
	files   store
	version string // of the manifest that was read or saved last
}

// ErrNone: there is no archive at the place.
var ErrNone = errors.New("there is no archive")

// Open reads the manifest of an archive that is there; ErrNone where there is none.
func Open(ctx context.Context, where string) (*Archive, error) {
	files, err := at(where)
	if err != nil {
		return nil, err
	}
	a := &Archive{Where: where, files: files}
	text, version, err := load(ctx, files, manifestName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w in %s", ErrNone, where)
	}
	if err != nil {
		return nil, fmt.Errorf("read the manifest: %w", err)
	}
	if err := json.Unmarshal(text, &a.Manifest); err != nil {
		return nil, fmt.Errorf("%s can't be read: %w", manifestName, err)
	}
	if a.Format != format {
		return nil, fmt.Errorf("the archive is of format %d, this build reads %d", a.Format, format)
	}
	a.version = version
	return a, nil
}

// Begin opens the archive at a place, or begins one where there is nothing.
func Begin(ctx context.Context, where string) (*Archive, error) {
	a, err := Open(ctx, where)
	if !errors.Is(err, ErrNone) {
		return a, err
	}
	files, err := at(where)
	if err != nil {
		return nil, err
	}
	empty, err := files.empty(ctx)
	if err != nil {
		return nil, fmt.Errorf("look into the archive's place: %w", err)
	}
	if !empty {
		return nil, fmt.Errorf("%s holds no archive, and is not empty", where)
	}
	a = &Archive{Where: where, Manifest: Manifest{Format: format}, files: files, version: absent}
	return a, a.Save(ctx, time.Time{}) // from now on it is an archive, whatever cuts off what follows
}

// Stream returns what the archive holds of a stream, to be added to.
func (a *Archive) Stream(name string) *Stream {
	i := slices.IndexFunc(a.Streams, func(s Stream) bool { return s.Name == name })
	if i < 0 {
		a.Streams = append(a.Streams, Stream{Name: name})
		i = len(a.Streams) - 1
	}
	return &a.Streams[i]
}

// Save writes the manifest, so that the segments that were added belong to the archive; ErrChanged where another one has saved since this
// one was opened: then the archive is as that one left it.
func (a *Archive) Save(ctx context.Context, now time.Time) error {
	a.Written = now.UTC().Truncate(time.Second)
	text, err := json.MarshalIndent(&a.Manifest, "", "  ")
	if err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	version, err := a.files.put(ctx, manifestName, append(text, '\n'), a.version)
	if err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	a.version = version
	return nil
}

// Unguarded tells whether a Save met a server that refuses conditions: two writings that end in the same instant are not kept apart there.
func (a *Archive) Unguarded() bool {
	b, ok := a.files.(*bucket)
	return ok && b.unguarded
}
