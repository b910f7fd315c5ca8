package casesort

import (
	"encoding/binary"
	"fmt"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
)

// texts are an event's texts, in the order in which they stand in a record.
func texts(e *eventstore.Event) [13]*string {
	return [...]*string{&e.CaseID, &e.ID, &e.Type, &e.Source, &e.Subject, &e.CommandID, &e.CommandHash, &e.Actor, &e.Grid, &e.Prev, &e.District, &e.Project, &e.Hash}
}

// appendRecord appends an event's record: its texts, each behind its length, its numbers, its times, and the payload.
func appendRecord(b []byte, e *eventstore.Event) []byte {
	for _, text := range texts(e) {
		b = binary.AppendUvarint(b, uint64(len(*text)))
		b = append(b, *text...)
	}
	for _, n := range []uint64{e.Version, uint64(e.Role), uint64(e.Catalogue), uint64(e.Calendar), uint64(e.State), uint64(e.Year), e.Seq} {
		b = binary.AppendUvarint(b, n)
	}
	for _, t := range []time.Time{e.Time, e.DeviceTime} {
		b = binary.AppendVarint(b, t.Unix())
		b = binary.AppendUvarint(b, uint64(t.Nanosecond()))
	}
	return append(b, e.Payload...)
}

// readRecord reads a record, which the event keeps.
func readRecord(b []byte) (e eventstore.Event, err error) {
	r := record{rest: b, text: string(b)}
	for _, text := range texts(&e) {
		*text = r.string()
	}
	e.Version, e.Role, e.Catalogue, e.Calendar = r.number(), gridcasev1.Role(r.number()), uint32(r.number()), uint32(r.number())
	e.State, e.Year, e.Seq = gridcasev1.State(r.number()), int(r.number()), r.number()
	e.Time, e.DeviceTime = r.time(), r.time()
	e.Payload = r.rest
	if r.bad {
		return e, fmt.Errorf("a record of %d bytes is cut off", len(b))
	}
	return e, nil
}

// record is what is left of one to read.
type record struct {
	rest []byte
	text string // the whole record; the event's texts are parts of it
	bad  bool
}

func (r *record) number() uint64 {
	n, size := binary.Uvarint(r.rest)
	return uint64(r.passed(size, int64(n)))
}

func (r *record) time() time.Time {
	seconds, size := binary.Varint(r.rest)
	seconds = r.passed(size, seconds)
	return time.Unix(seconds, int64(r.number())).UTC()
}

// passed goes behind a number, unless there is none.
func (r *record) passed(size int, n int64) int64 {
	if size <= 0 {
		r.rest, r.bad = nil, true
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

func (r *record) string() string {
	n := r.number()
	if n > uint64(len(r.rest)) {
		r.rest, r.bad = nil, true
		return ""
	}
	at := len(r.text) - len(r.rest)
	r.rest = r.rest[n:]
	return r.text[at : at+int(n)]
}
