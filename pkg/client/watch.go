package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// Watch says what is watched: the cases of a queue, or those of an area with its counters.
type Watch struct {
	District string // the user's only district where empty
	Area     string // a code of any level; the whole district where neither it nor Queue is given
	Queue    string
	After    string // positions that were read, with commas between, or a Change's At; empty: from now on
}

// Change is one message of a live stream. One of Start, Case, Grid and Freshness is there.
type Change struct {
	// At is the place behind the message: who watches from it on misses nothing.
	At string
	// Start is what each connection begins with. Where it has Reset, changes may be missing: read the state anew.
	Start *gridcasev1.LiveStart
	Case  *gridcasev1.LiveCase
	Grid  *gridcasev1.LiveGrid
	// Freshness tells that the views stopped holding what has happened, or hold it again.
	Freshness *gridcasev1.Freshness
}

// Watch hands what changes to handle, one change after the other, until ctx ends, handle fails, or the server says that the user may not
// watch this. It goes on by itself from where it was after the server was away; a change may then come twice.
func (c *Client) Watch(ctx context.Context, w Watch, handle func(Change) error) error {
	s := &stream{client: c, watch: w, handle: handle, pause: time.Second}
	for {
		err := s.connect(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var mine *handleError
		if errors.As(err, &mine) {
			return mine.error
		}
		if f := fault.Of(err); f.Kind != fault.Unavailable {
			return f
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(max(s.pause, fault.Of(err).After)):
		}
	}
}

// stream is a live stream over as many connections as it takes.
type stream struct {
	client *Client
	watch  Watch
	handle func(Change) error
	pause  time.Duration // before the next connection
}

// handleError is what the caller's handle returned.
type handleError struct{ error }

// silence is how long a stream may say nothing, not even that it is alive, before it is taken for dead.
const silence = 45 * time.Second

var errSilent = errors.New("the stream is silent")

// connect reads from one connection until it ends; the error is never nil.
func (s *stream) connect(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(silence, func() { cancel(errSilent) })
	defer watchdog.Stop()
	request, err := s.request(ctx)
	if err != nil {
		return err
	}
	answer, err := patient.Do(request)
	if err != nil {
		return unreachable(err)
	}
	defer answer.Body.Close() // what was read of it is handed on
	if answer.StatusCode != http.StatusOK {
		return problemIn(answer)
	}
	lines := newEventReader(answer.Body, func() { watchdog.Reset(silence) })
	for {
		e, err := lines.next()
		if err != nil {
			return unreachable(err)
		}
		if err := s.take(e); err != nil {
			return err
		}
	}
}

// request asks for the stream from the place where it was.
func (s *stream) request(ctx context.Context) (*http.Request, error) {
	values := url.Values{}
	for name, value := range map[string]string{"district": s.watch.District, "area": s.watch.Area, "queue": s.watch.Queue} {
		if value != "" {
			values.Set(name, value)
		}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.client.url+"/v1/live?"+values.Encode(), nil)
	if err != nil {
		return nil, fault.New(fault.Invalid, "client.url", "the address %q is none", s.client.url)
	}
	request.Header.Set("Authorization", "Bearer "+s.client.token)
	request.Header.Set("Accept", "text/event-stream")
	if s.watch.After != "" {
		request.Header.Set("Last-Event-ID", s.watch.After)
	}
	return request, nil
}

// take hands a message on.
func (s *stream) take(e event) error {
	if e.retry > 0 {
		s.pause = e.retry
	}
	change := Change{At: e.id}
	var m proto.Message
	switch e.kind {
	case "":
	case "start", "reset":
		change.Start = new(gridcasev1.LiveStart)
		m = change.Start
	case "case":
		change.Case = new(gridcasev1.LiveCase)
		m = change.Case
	case "grid":
		change.Grid = new(gridcasev1.LiveGrid)
		m = change.Grid
	case "freshness":
		change.Freshness = new(gridcasev1.Freshness)
		m = change.Freshness
	case "end":
		return problemOf(e.data)
	}
	if m != nil {
		if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(e.data, m); err != nil {
			return &fault.Error{Kind: fault.Internal, Code: "client.unexpected", Text: "the server told what this client doesn't know", Cause: fmt.Errorf("read a message %s: %w", e.kind, err)}
		}
		if err := s.handle(change); err != nil {
			return &handleError{err}
		}
	}
	if e.id != "" {
		s.watch.After = e.id
	}
	return nil
}
