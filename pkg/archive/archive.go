// Package archive keeps a log's streams as files of their own: segments that are chained by their hashes, and a manifest that names them. It
// owns the format, what makes a copy durable, and the check that needs no server. It never holds a personal value: the log has none.
//
// # Format
//
// manifest.json names every stream's segments in order, each with its first and last sequence, its count, its SHA-256 and the link of its
// chain: the SHA-256 over the link before it and its own hash. A segment is a Zstandard frame of at most 50,000 records, each a
// gridcase.v1.Record behind its length (protobuf's delimited form). A segment is on the disk before a manifest names it, and the manifest
// is replaced as a whole: whenever a writing is cut off, the archive is what it was or what it is to be.
package archive

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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

// Archive is a directory.
type Archive struct {
	Dir string
	Manifest
}

// ErrNone: the directory holds no archive.
var ErrNone = errors.New("there is no archive")

// Open reads the manifest of an archive that is there; ErrNone where there is none.
func Open(dir string) (*Archive, error) {
	text, err := os.ReadFile(filepath.Join(dir, manifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w in %s", ErrNone, dir)
	}
	if err != nil {
		return nil, fmt.Errorf("read the manifest: %w", err)
	}
	a := &Archive{Dir: dir}
	if err := json.Unmarshal(text, &a.Manifest); err != nil {
		return nil, fmt.Errorf("%s can't be read: %w", manifestName, err)
	}
	if a.Format != format {
		return nil, fmt.Errorf("the archive is of format %d, this build reads %d", a.Format, format)
	}
	return a, nil
}

// Begin opens the archive in a directory, or begins one in a directory that is empty or not there.
func Begin(dir string) (*Archive, error) {
	a, err := Open(dir)
	if !errors.Is(err, ErrNone) {
		return a, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the archive's directory: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("look into the archive's directory: %w", err)
	}
	if len(entries) > 0 {
		return nil, fmt.Errorf("%s holds no archive, and is not empty", dir)
	}
	a = &Archive{Dir: dir, Manifest: Manifest{Format: format}}
	return a, a.Save(time.Time{}) // from now on it is an archive, whatever cuts off what follows
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

// Save writes the manifest, so that the segments that were added belong to the archive.
func (a *Archive) Save(now time.Time) error {
	a.Written = now.UTC().Truncate(time.Second)
	text, err := json.MarshalIndent(&a.Manifest, "", "  ")
	if err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	return put(filepath.Join(a.Dir, manifestName), append(text, '\n'))
}

// put writes a file that is there as a whole or not at all, and stays.
func put(path string, content []byte) error {
	beside, err := os.CreateTemp(filepath.Dir(path), ".tmp-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	defer func() { _ = os.Remove(beside.Name()) }() // it is gone where all went well
	_, err = beside.Write(content)
	if err == nil {
		err = beside.Chmod(0o644)
	}
	if err == nil {
		err = beside.Sync()
	}
	if closing := beside.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(beside.Name(), path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return nil
}

// syncDir makes the names in a directory durable.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	err = dir.Sync()
	if closing := dir.Close(); err == nil {
		err = closing
	}
	return err
}
