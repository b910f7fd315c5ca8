package archive

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
	"google.golang.org/protobuf/encoding/protodelim"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// Records are a stream's records in order, each segment checked before the first of its records is handed out. The first thing that is
// wrong ends them.
func (a *Archive) Records(ctx context.Context, s *Stream) iter.Seq2[*gridcasev1.Record, error] {
	return func(yield func(*gridcasev1.Record, error) bool) {
		before, next := "", uint64(0)
		var last *gridcasev1.Record
		for i := range s.Segments {
			segment := &s.Segments[i]
			records, err := a.segment(ctx, s, segment, before, next)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, r := range records {
				if !yield(r, nil) {
					return
				}
			}
			before, next, last = segment.Link, segment.Last+1, records[len(records)-1]
		}
		if err := s.ends(last); err != nil {
			yield(nil, err)
		}
	}
}

// ends holds the last record to what the manifest says of it.
func (s *Stream) ends(last *gridcasev1.Record) error {
	if last == nil {
		return nil
	}
	if print, err := Print(last); err != nil || print != s.Last {
		return fmt.Errorf("%s: the last record, %d, is not the one that the manifest names", s.Name, last.GetSequence())
	}
	return nil
}

// Gaps tells whether a stream may miss sequences: of a bucket, older values are dropped.
func Gaps(name string) bool { return strings.HasPrefix(name, "KV_") }

// segment reads a segment and checks it against the manifest and the one before it.
func (a *Archive) segment(ctx context.Context, s *Stream, g *Segment, before string, next uint64) ([]*gridcasev1.Record, error) {
	if g.Link != link(before, g.SHA256) {
		return nil, fmt.Errorf("%s: segment %s does not follow the one before it: segments were changed, taken out or put in", s.Name, g.File)
	}
	if next > 0 && (g.First < next || g.First > next && !Gaps(s.Name)) {
		return nil, fmt.Errorf("%s: segment %s begins at %d, the one before it ends at %d", s.Name, g.File, g.First, next-1)
	}
	return a.read(ctx, s, g)
}

func (a *Archive) read(ctx context.Context, s *Stream, g *Segment) ([]*gridcasev1.Record, error) {
	if !filepath.IsLocal(g.File) {
		return nil, fmt.Errorf("%s: segment %q lies outside of the archive", s.Name, g.File)
	}
	file, _, err := load(ctx, a.files, g.File)
	if err != nil {
		return nil, fmt.Errorf("%s: segment %s, records %d to %d, can't be read: %w", s.Name, g.File, g.First, g.Last, err)
	}
	if digest(file) != g.SHA256 {
		return nil, fmt.Errorf("%s: segment %s, records %d to %d, was altered or cut: its SHA-256 is %s, the manifest says %s", s.Name, g.File, g.First, g.Last, digest(file), g.SHA256)
	}
	records, err := decode(file)
	if err != nil {
		return nil, fmt.Errorf("%s: segment %s: %w", s.Name, g.File, err)
	}
	return records, within(s, g, records)
}

// decode reads a segment's records.
func decode(file []byte) ([]*gridcasev1.Record, error) {
	frame, err := zstd.NewReader(bytes.NewReader(file), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer frame.Close()
	var records []*gridcasev1.Record
	for from := bufio.NewReader(frame); ; {
		r := new(gridcasev1.Record)
		err := protodelim.UnmarshalOptions{MaxSize: 64 << 20}.UnmarshalFrom(from, r)
		if errors.Is(err, io.EOF) {
			return records, nil
		}
		if err != nil {
			return nil, fmt.Errorf("record %d can't be read: %w", len(records)+1, err)
		}
		records = append(records, r)
	}
}

// within holds a segment's records to what the manifest says of them.
func within(s *Stream, g *Segment, records []*gridcasev1.Record) error {
	if uint64(len(records)) != g.Count || g.Count == 0 {
		return fmt.Errorf("%s: segment %s holds %d records, the manifest says %d", s.Name, g.File, len(records), g.Count)
	}
	for i, r := range records {
		if i > 0 && !Gaps(s.Name) && r.GetSequence() != records[i-1].GetSequence()+1 {
			return fmt.Errorf("%s: segment %s misses sequence %d", s.Name, g.File, records[i-1].GetSequence()+1)
		}
	}
	if records[0].GetSequence() != g.First || records[len(records)-1].GetSequence() != g.Last {
		return fmt.Errorf("%s: segment %s holds %d to %d, the manifest says %d to %d", s.Name, g.File, records[0].GetSequence(), records[len(records)-1].GetSequence(), g.First, g.Last)
	}
	return nil
}
