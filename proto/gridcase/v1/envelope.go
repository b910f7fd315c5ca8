package gridcasev1

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Envelope is what the log knows of an event beside its payload: the closed list of headers. None of it is personal data.
type Envelope struct {
	ID          string    // ce-id: UUIDv5 of case id, command id and index
	Type        string    // ce-type: the payload's message name
	Source      string    // ce-source: the service that wrote it
	Time        time.Time // ce-time: the effective time
	Subject     string    // ce-subject: the case's subject in the log
	Version     uint64    // the number of the case's events, this one included
	CommandID   string    // the command that it answers
	CommandHash string    // SHA-256 of that command with sealed values replaced by their commitments, hex
	Actor       string    // a random user id
	Role        Role
	DeviceTime  time.Time // the device's clock; zero where it told none
	Catalogue   uint32    // the version of the catalogue that applied
	Calendar    uint32    // the version of the calendar that applied
	Grid        string    // the case's unit grid after the event
	State       State     // the case's state after the event
	Prev        string    // Hash of the case's previous event; empty on the first
}

// The names of the headers. Content-Type, ce-specversion and traceparent stand beside them.
const (
	HeaderID          = "ce-id"
	HeaderType        = "ce-type"
	HeaderSource      = "ce-source"
	HeaderTime        = "ce-time"
	HeaderSubject     = "ce-subject"
	HeaderSpecVersion = "ce-specversion"
	HeaderContentType = "Content-Type"
	HeaderTrace       = "traceparent"
	HeaderVersion     = "gridcase-case-version"
	HeaderCommandID   = "gridcase-command-id"
	HeaderCommandHash = "gridcase-command-hash"
	HeaderActor       = "gridcase-actor"
	HeaderRole        = "gridcase-role"
	HeaderDeviceTime  = "gridcase-device-time"
	HeaderCatalogue   = "gridcase-catalogue"
	HeaderCalendar    = "gridcase-calendar"
	HeaderGrid        = "gridcase-grid"
	HeaderState       = "gridcase-state"
	HeaderPrev        = "gridcase-prev"

	contentType = "application/protobuf"
	specVersion = "1.0"
)

// header is one of the list with its value.
type header struct{ name, value string }

// listed returns the whole list in the order of the names, in which they are hashed. An empty value has no header.
func (e *Envelope) listed() [18]header {
	return [...]header{
		{HeaderContentType, contentType},
		{HeaderID, e.ID},
		{HeaderSource, e.Source},
		{HeaderSpecVersion, specVersion},
		{HeaderSubject, e.Subject},
		{HeaderTime, stamp(e.Time)},
		{HeaderType, e.Type},
		{HeaderActor, e.Actor},
		{HeaderCalendar, strconv.FormatUint(uint64(e.Calendar), 10)},
		{HeaderVersion, strconv.FormatUint(e.Version, 10)},
		{HeaderCatalogue, strconv.FormatUint(uint64(e.Catalogue), 10)},
		{HeaderCommandHash, e.CommandHash},
		{HeaderCommandID, e.CommandID},
		{HeaderDeviceTime, stamp(e.DeviceTime)},
		{HeaderGrid, e.Grid},
		{HeaderPrev, e.Prev},
		{HeaderRole, e.Role.String()},
		{HeaderState, e.State.String()},
	}
}

// Headers returns the envelope as headers.
func (e *Envelope) Headers() map[string][]string {
	list := e.listed()
	values := make([]string, len(list)) // of all headers
	h := make(map[string][]string, len(list)+1)
	for i, l := range list {
		if l.value != "" {
			values[i] = l.value
			h[l.name] = values[i : i+1 : i+1]
		}
	}
	return h
}

// Hash is that of the headers with a subject and a payload, without making them.
func (e *Envelope) Hash(subject string, payload []byte) string {
	d := digestOf(subject)
	for _, l := range e.listed() {
		if l.value != "" {
			d.write(l.name)
			d.write(l.value)
		}
	}
	return d.sum(payload)
}

// ParseEnvelope reads the headers of a stored event. It fails on a header of the list that is missing or unreadable, and on a state or
// role that this build doesn't know.
func ParseEnvelope(h map[string][]string) (Envelope, error) {
	r := headerReader{h: h}
	e := Envelope{
		ID: r.text(HeaderID), Type: r.text(HeaderType), Source: r.text(HeaderSource), Time: r.time(HeaderTime), Subject: r.text(HeaderSubject),
		Version: r.number(HeaderVersion), CommandID: r.text(HeaderCommandID), CommandHash: r.text(HeaderCommandHash), Actor: r.text(HeaderActor),
		Role: Role(r.enum(HeaderRole, Role_value)), Catalogue: uint32(r.number(HeaderCatalogue)), Calendar: uint32(r.number(HeaderCalendar)),
		Grid: r.text(HeaderGrid), State: State(r.enum(HeaderState, State_value)), Prev: first(h, HeaderPrev),
	}
	if first(h, HeaderDeviceTime) != "" {
		e.DeviceTime = r.time(HeaderDeviceTime)
	}
	return e, r.err
}

// Hash is the link of the case's chain: SHA-256 over the length-prefixed subject, the headers sorted by name (without traceparent and the
// server's own Nats-*) and the payload's stored bytes, in hex.
func Hash(subject string, headers map[string][]string, payload []byte) string {
	var room [32]string
	names := room[:0]
	for name := range headers {
		if name != HeaderTrace && !strings.HasPrefix(name, "Nats-") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	d := digestOf(subject)
	for _, name := range names {
		d.write(name)
		for _, value := range headers[name] {
			d.write(value)
		}
	}
	return d.sum(payload)
}

// digest gathers what is hashed, each piece behind its length.
type digest struct{ b []byte }

var digests = sync.Pool{New: func() any { return &digest{make([]byte, 0, 4096)} }}

func digestOf(subject string) *digest {
	d := digests.Get().(*digest)
	d.b = d.b[:0]
	d.write(subject)
	return d
}

func (d *digest) write(s string) {
	d.b = binary.BigEndian.AppendUint64(d.b, uint64(len(s)))
	d.b = append(d.b, s...)
}

// sum ends the digest with the payload and returns the hash in hex.
func (d *digest) sum(payload []byte) string {
	d.b = binary.BigEndian.AppendUint64(d.b, uint64(len(payload)))
	d.b = append(d.b, payload...)
	sum := sha256.Sum256(d.b)
	digests.Put(d)
	return hex.EncodeToString(sum[:])
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func first(h map[string][]string, name string) string {
	if v := h[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// headerReader keeps the first failure.
type headerReader struct {
	h   map[string][]string
	err error
}

func (r *headerReader) text(name string) string {
	v := first(r.h, name)
	if v == "" && r.err == nil {
		r.err = fmt.Errorf("header %s is missing", name)
	}
	return v
}

func (r *headerReader) number(name string) uint64 {
	n, err := strconv.ParseUint(r.text(name), 10, 64)
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("header %s: %w", name, err)
	}
	return n
}

func (r *headerReader) time(name string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, r.text(name))
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("header %s: %w", name, err)
	}
	return t
}

func (r *headerReader) enum(name string, values map[string]int32) int32 {
	v, ok := values[r.text(name)]
	if !ok && r.err == nil {
		r.err = fmt.Errorf("header %s: unknown value %q", name, first(r.h, name))
	}
	return v
}
