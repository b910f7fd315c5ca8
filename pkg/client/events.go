package client

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strconv"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// event is one server-sent event; one without a kind only moves the place or the pause.
type event struct {
	id, kind string
	data     []byte
	retry    time.Duration
}

// maxLine is how long a line of a stream may be.
const maxLine = 1 << 20

// eventReader reads server-sent events.
type eventReader struct {
	lines *bufio.Scanner
	alive func() // called with each line
}

func newEventReader(r io.Reader, alive func()) *eventReader {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	return &eventReader{lines, alive}
}

// next returns the next event; io.EOF at the stream's end.
func (r *eventReader) next() (e event, err error) {
	for r.lines.Scan() {
		r.alive()
		line := r.lines.Bytes()
		if len(line) == 0 {
			return e, nil
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(name) {
		case "id":
			e.id = string(value)
		case "event":
			e.kind = string(value)
		case "data":
			e.data = append(e.data, value...)
		case "retry":
			if ms, err := strconv.ParseUint(string(value), 10, 31); err == nil {
				e.retry = time.Duration(ms) * time.Millisecond
			}
		}
	}
	if err := r.lines.Err(); err != nil {
		return event{}, err
	}
	return event{}, io.EOF
}

// problemIn reads why a stream was refused.
func problemIn(answer *http.Response) error {
	b, err := io.ReadAll(io.LimitReader(answer.Body, maxLine))
	if err != nil {
		return unreachable(err)
	}
	return problemOf(b)
}

// problemOf reads a problem of the API's.
func problemOf(b []byte) error {
	p := new(gridcasev1.Problem)
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(b, p); err != nil || p.GetTitle() == "" {
		return unreachable(err) // what stands in front of the server says so
	}
	return faultOf(p)
}
