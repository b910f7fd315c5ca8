// Package casesort puts the events of a stream into the order of their cases: a case's events one behind the other, by version. It owns the
// file that it sorts in, which holds no more than the log does and is gone when the process is. It takes about 32 MiB, however many events
// there are.
//
// # Decisions
//
// 2026-11: an external merge sort of its own. github.com/lanrat/extsort does it well, but reads sections through buffers of 64 MiB together and
// holds up to five pieces at once, more than all that a projector may keep.
package casesort

import (
	"bufio"
	"cmp"
	"container/heap"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"syscall"

	"github.com/gridcase/gridcase/pkg/eventstore"
)

const (
	// piece is how many bytes of records are sorted at once.
	piece = 12 << 20
	// buffers is how many bytes of the sorted sections are read ahead, of all together.
	buffers = 16 << 20
	// full is how many hundredths of the disk may be used: at 90 the log, which may lie on the same one, takes no more writes.
	full = 85
	// least and most are what one section reads ahead.
	least, most = 4 << 10, 64 << 10
)

// ErrFull: the disk has no room for more.
var ErrFull = errors.New("too much of the disk is used to sort there")

// Sorter sorts events, once: first all are added, then all are read.
type Sorter struct {
	file     *os.File
	records  []byte // of the piece that is gathered
	size     int    // of a piece
	full     uint64 // hundredths of the disk
	keys     []key
	sections []section
	end      int64 // of the file
}

// key is where a record stands among those of the piece, and what it is sorted by.
type key struct {
	caseID   string
	version  uint64
	from, to int
}

// section is a sorted piece in the file.
type section struct{ from, to int64 }

// New begins to sort in a file in dir, which must exist.
func New(dir string) (*Sorter, error) { return newSorter(dir, piece, full) }

func newSorter(dir string, size int, full uint64) (*Sorter, error) {
	file, err := os.CreateTemp(dir, "casesort-*")
	if err != nil {
		return nil, fmt.Errorf("sort events: %w", err)
	}
	if err := os.Remove(file.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("sort events: %w", err), file.Close())
	}
	return &Sorter{file: file, size: size, full: full}, nil
}

// Close gives the file back.
func (s *Sorter) Close() error { return s.file.Close() }

// Add takes an event.
func (s *Sorter) Add(e *eventstore.Event) error {
	if s.records == nil {
		s.records = make([]byte, 0, s.size+s.size/8)
	}
	from := len(s.records)
	s.records = appendRecord(s.records, e)
	s.keys = append(s.keys, key{e.CaseID, e.Version, from, len(s.records)})
	if len(s.records) < s.size {
		return nil
	}
	return s.spill()
}

// spill writes the gathered piece, sorted, behind the others.
func (s *Sorter) spill() error {
	if err := s.room(); err != nil {
		return fmt.Errorf("sort events: %w", err)
	}
	slices.SortFunc(s.keys, func(a, b key) int { return cmp.Or(cmp.Compare(a.caseID, b.caseID), cmp.Compare(a.version, b.version)) })
	out, begin := bufio.NewWriterSize(s.file, most), s.end
	for _, k := range s.keys {
		length := binary.AppendUvarint(nil, uint64(k.to-k.from))
		s.end += int64(len(length) + k.to - k.from)
		_, _ = out.Write(length) // an error stays until Flush
		_, _ = out.Write(s.records[k.from:k.to])
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("sort events: %w", err)
	}
	s.sections = append(s.sections, section{begin, s.end})
	clear(s.keys) // they hold the ids
	s.records, s.keys = s.records[:0], s.keys[:0]
	return nil
}

// room looks whether the disk has room for a piece.
func (s *Sorter) room() error {
	var st syscall.Statfs_t
	if err := syscall.Fstatfs(int(s.file.Fd()), &st); err != nil {
		return err
	}
	used := (st.Blocks - st.Bfree) * uint64(st.Bsize)
	if has := used + st.Bavail*uint64(st.Bsize); 100*(used+uint64(len(s.records))) > s.full*has {
		return ErrFull
	}
	return nil
}

// Sorted returns all events in order. It ends with the first error.
func (s *Sorter) Sorted() iter.Seq2[eventstore.Event, error] {
	return func(yield func(eventstore.Event, error) bool) {
		heads, err := s.open()
		for err == nil && len(heads) > 0 {
			first := heads[0]
			if !yield(first.event, nil) {
				return
			}
			if err = first.next(); err == io.EOF {
				heap.Pop(&heads)
				err = nil
			} else if err == nil {
				heap.Fix(&heads, 0)
			}
		}
		if err != nil {
			yield(eventstore.Event{}, fmt.Errorf("read sorted events: %w", err))
		}
	}
}

// open begins to read all sections.
func (s *Sorter) open() (heads, error) {
	if len(s.keys) > 0 {
		if err := s.spill(); err != nil {
			return nil, err
		}
	}
	s.records, s.keys = nil, nil
	var all heads
	ahead := min(max(buffers/max(len(s.sections), 1), least), most)
	for _, part := range s.sections {
		h := &head{in: bufio.NewReaderSize(io.NewSectionReader(s.file, part.from, part.to-part.from), ahead)}
		if err := h.next(); err != nil {
			return nil, err
		}
		all = append(all, h)
	}
	heap.Init(&all)
	return all, nil
}

// head is a section with its next event.
type head struct {
	in    *bufio.Reader
	event eventstore.Event
}

func (h *head) next() error {
	size, err := binary.ReadUvarint(h.in)
	if err != nil {
		return err
	}
	record := make([]byte, size)
	if _, err := io.ReadFull(h.in, record); err != nil {
		return err
	}
	h.event, err = readRecord(record)
	return err
}

// heads are the sections, that with the first event first.
type heads []*head

func (h heads) Len() int { return len(h) }
func (h heads) Less(i, j int) bool {
	a, b := &h[i].event, &h[j].event
	return cmp.Or(cmp.Compare(a.CaseID, b.CaseID), cmp.Compare(a.Version, b.Version)) < 0
}
func (h heads) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *heads) Push(x any)   { *h = append(*h, x.(*head)) }
func (h *heads) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
