package archive

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/klauspost/compress/zstd"
	"google.golang.org/protobuf/encoding/protodelim"
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// Writer adds records to a stream of an archive.
type Writer struct {
	a       *Archive
	stream  *Stream
	gaps    bool // the stream may miss sequences: of a bucket, older values are dropped
	segment Segment
	size    int // of the segment, before packing
	text    bytes.Buffer
	frame   *zstd.Encoder
	last    *gridcasev1.Record
}

// Append returns a writer behind what the archive holds of a stream. gaps: the stream may miss sequences.
func (a *Archive) Append(name string, created time.Time, gaps bool) (*Writer, error) {
	s := a.Stream(name)
	s.Created = created.UTC()
	frame, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	return &Writer{a: a, stream: s, gaps: gaps, frame: frame}, err
}

// Next is the sequence that comes next, where the stream has it.
func (w *Writer) Next() uint64 {
	if w.last != nil {
		return w.last.GetSequence() + 1
	}
	return w.stream.End() + 1
}

// Add adds the stream's next record.
func (w *Writer) Add(ctx context.Context, r *gridcasev1.Record) error {
	begun := w.last != nil || w.stream.End() > 0
	if begun && (r.GetSequence() < w.Next() || r.GetSequence() > w.Next() && !w.gaps) {
		return fmt.Errorf("%s goes on at %d, not at %d", w.stream.Name, r.GetSequence(), w.Next())
	}
	if w.segment.Count == 0 {
		w.segment = Segment{First: r.GetSequence()}
		w.size = 0
		w.text.Reset()
		w.frame.Reset(&w.text)
	}
	n, err := protodelim.MarshalTo(w.frame, r)
	if err != nil {
		return fmt.Errorf("write record %d of %s: %w", r.GetSequence(), w.stream.Name, err)
	}
	w.segment.Last, w.last, w.size = r.GetSequence(), r, w.size+n
	if w.segment.Count++; w.segment.Count == most || w.size >= full {
		return w.cut(ctx)
	}
	return nil
}

// Close ends the last segment. The archive has it with the next Save.
func (w *Writer) Close(ctx context.Context) error {
	if w.segment.Count > 0 {
		if err := w.cut(ctx); err != nil {
			return err
		}
	}
	return w.frame.Close()
}

// cut ends a segment and puts its file into its place.
func (w *Writer) cut(ctx context.Context) error {
	if err := w.frame.Close(); err != nil {
		return fmt.Errorf("compress a segment of %s: %w", w.stream.Name, err)
	}
	w.segment.SHA256 = digest(w.text.Bytes())
	w.segment.File = fmt.Sprintf("%s/%016d-%.16s.zst", w.stream.Name, w.segment.First, w.segment.SHA256)
	w.segment.Link = link(w.stream.link(), w.segment.SHA256)
	if _, err := w.a.files.put(ctx, w.segment.File, w.text.Bytes(), whichever); err != nil {
		return err
	}
	print, err := Print(w.last)
	if err != nil {
		return err
	}
	w.stream.Segments, w.stream.Last = append(w.stream.Segments, w.segment), print
	w.segment = Segment{}
	return nil
}

// Print is what a record is told from another by: the SHA-256 of all that it holds.
func Print(r *gridcasev1.Record) (string, error) {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(r)
	if err != nil {
		return "", fmt.Errorf("hash record %d: %w", r.GetSequence(), err)
	}
	return digest(b), nil
}
