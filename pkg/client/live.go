package client

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// Watching is what a live stream is asked for: an area by its code, or a queue.
type Watching struct {
	District string
	Area     string
	Queue    string
	After    string // the cursor to go on from; empty: from now on
}

// LiveEvent is one message of a live stream, one of the four below being set; none where only the cursor has moved.
type LiveEvent struct {
	Reset  *gridcasev1.LiveReset
	Case   *gridcasev1.LiveCase
	Grid   *gridcasev1.LiveGrid
	Queue  *gridcasev1.LiveQueue
	Cursor string // behind this message, where it is told
}

// Watch hands on what a live stream tells until ctx ends or handle fails. A stream that breaks is taken up where it stopped; a fault other
// than Unavailable ends it.
func (c *Client) Watch(ctx context.Context, w Watching, handle func(LiveEvent) error) error {
	wait := 2 * time.Second
	for {
		err := c.watchOnce(ctx, &w, &wait, handle)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if f := fault.Of(err); err != nil && f.Kind != fault.Unavailable {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// watchOnce reads one stream to its end.
func (c *Client) watchOnce(ctx context.Context, w *Watching, wait *time.Duration, handle func(LiveEvent) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	idle := time.AfterFunc(silence, cancel)
	defer idle.Stop()
	q := url.Values{}
	for name, value := range map[string]string{"district": w.District, "area": w.Area, "queue": w.Queue} {
		if value != "" {
			q.Set(name, value)
		}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+"/v1/live?"+q.Encode(), nil)
	if err != nil {
		return fmt.Errorf("ask for a live stream: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	request.Header.Set("Accept", "text/event-stream")
	if w.After != "" {
		request.Header.Set("Last-Event-ID", w.After)
	}
	answer, err := patient.Do(request) // bounded by its silence, not in time
	if err != nil {
		return &fault.Error{Kind: fault.Unavailable, Code: "client.unreachable", Text: "the server can't be reached", Cause: err}
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return problemOf(answer)
	}
	return readEvents(&lively{answer.Body, idle}, w, wait, handle)
}

// silence is how long a stream may say nothing: three of its heartbeats.
const silence = 45 * time.Second

// lively reads, and puts off the end of a stream that speaks.
type lively struct {
	io.Reader
	idle *time.Timer
}

// Read reads.
func (l *lively) Read(b []byte) (int, error) {
	n, err := l.Reader.Read(b)
	l.idle.Reset(silence)
	return n, err
}

// problemOf is the fault behind an answer that is no stream.
func problemOf(answer *http.Response) error {
	body, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	p := new(gridcasev1.Problem)
	if err != nil || protojson.Unmarshal(body, p) != nil {
		return &fault.Error{Kind: fault.Unavailable, Code: "client.unexpected", Text: fmt.Sprintf("the server answered %s", answer.Status), Cause: err}
	}
	return &fault.Error{Kind: fault.Kind(p.GetTitle()), Code: p.GetCode(), Text: p.GetDetail(), Field: p.GetField(), After: time.Duration(p.GetRetryAfter()) * time.Second}
}

// readEvents reads server-sent events until the stream ends, which is no failure. What handle returns is one.
func readEvents(from io.Reader, w *Watching, wait *time.Duration, handle func(LiveEvent) error) error {
	lines := bufio.NewScanner(from)
	lines.Buffer(make([]byte, 64<<10), 4<<20)
	var name, data, id string
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case lines.Text() == "" && (data != "" || id != ""):
			e, err := liveEvent(name, data)
			if err != nil {
				return err
			}
			if id != "" {
				e.Cursor, w.After = id, id
			}
			if err := handle(e); err != nil {
				return err
			}
			name, data, id = "", "", ""
		case field == "event":
			name = value
		case field == "data":
			data += value
		case field == "id":
			id = value
		case field == "retry":
			if ms, err := time.ParseDuration(value + "ms"); err == nil {
				*wait = ms
			}
		}
	}
	return nil // the server or the way to it is gone: the caller comes back
}

// liveEvent reads a message by its name. One that this client does not know is nothing.
func liveEvent(name, data string) (e LiveEvent, err error) {
	if data == "" {
		return e, nil
	}
	read := protojson.UnmarshalOptions{DiscardUnknown: true}
	switch name {
	case "reset":
		e.Reset = new(gridcasev1.LiveReset)
		err = read.Unmarshal([]byte(data), e.Reset)
	case "case":
		e.Case = new(gridcasev1.LiveCase)
		err = read.Unmarshal([]byte(data), e.Case)
	case "grid":
		e.Grid = new(gridcasev1.LiveGrid)
		err = read.Unmarshal([]byte(data), e.Grid)
	case "queue":
		e.Queue = new(gridcasev1.LiveQueue)
		err = read.Unmarshal([]byte(data), e.Queue)
	}
	if err != nil {
		return e, fmt.Errorf("read a message of the stream: %w", err)
	}
	return e, nil
}
