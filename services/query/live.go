package query

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/api"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/live"
)

const (
	// heartbeat is how often a stream on which nothing happens says that it lives.
	heartbeat = 15 * time.Second
	// recheck is how often a stream's rights are checked again.
	recheck = time.Second
	// stall is how long a reader may take no byte.
	stall = 5 * time.Second
	// beginning says when to come back after a stream broke, in milliseconds.
	beginning = "retry: 2000\n\n"
)

// Live is GET /v1/live: the changes of an area or of a queue as server-sent events, until the reader goes, does not keep up, or may no longer
// read them.
func (s *Service) Live(w http.ResponseWriter, r *http.Request) error {
	watching, err := s.watching(r)
	if err != nil {
		return err
	}
	watcher, err := s.o.Hub.Watch(r.Context(), watching)
	if err != nil {
		return unavailable(err)
	}
	defer watcher.Close()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // a proxy before this must not hold events back
	out := &eventStream{w: w, control: http.NewResponseController(w)}
	_ = out.control.SetReadDeadline(time.Time{}) // the request was read; it only may go away
	s.stream(r, watching, watcher, out)
	return nil
}

// stream writes what the watcher hears until something ends it. The reader comes back by itself, where it may.
func (s *Service) stream(r *http.Request, watching live.Watching, watcher *live.Watcher, out *eventStream) {
	if out.send([]byte(beginning)) != nil {
		return
	}
	quiet := time.Now()
	for {
		ctx, cancel := context.WithTimeout(r.Context(), recheck)
		batch, err := watcher.Next(ctx)
		cancel()
		if r.Context().Err() != nil || err != nil && !errors.Is(err, context.DeadlineExceeded) || !s.still(r, watching) {
			return
		}
		switch {
		case err == nil:
			err = out.send(rendered(batch))
		case time.Since(quiet) > heartbeat:
			err = out.send(beat(watcher.Cursor()))
		default:
			continue
		}
		if err != nil {
			return
		}
		quiet = time.Now()
	}
}

// watching is what a request wants to hear of, where its actor may.
func (s *Service) watching(r *http.Request) (live.Watching, error) {
	q := r.URL.Query()
	for name := range q {
		if name != "district" && name != "area" && name != "queue" && name != "after" {
			return live.Watching{}, fault.BadField(name, "request.unknown_field", "a stream is asked for by district, area, queue and after")
		}
	}
	w := live.Watching{User: api.Actor(r.Context()).ID, District: q.Get("district"), Area: q.Get("area"), Queue: q.Get("queue"), After: q.Get("after")}
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		w.After = last
	}
	if (w.Area == "") == (w.Queue == "") {
		return w, fault.BadField("area", "live.subject", "name an area, by its code, or a queue")
	}
	if w.District == "" && len(w.Area) >= 6 {
		w.District = w.Area[:6]
	}
	return s.allowed(api.Actor(r.Context()), w)
}

// allowed completes a watching by the actor's rights: an area's counts are every member of staff's, its cases are of those who see them all.
func (s *Service) allowed(actor access.Actor, w live.Watching) (live.Watching, error) {
	district, err := s.o.Access.District(actor, w.District)
	if err != nil {
		return w, err
	}
	w.District = district
	if w.Queue != "" {
		if !queueName.MatchString(w.Queue) {
			return w, fault.BadField("queue", "queue.unknown", "a queue is acceptor, dispatcher, department:ID or worker:ID")
		}
		return w, actor.Queue(w.Queue)
	}
	known, err := s.o.Directory.Known(district)
	if err != nil {
		return w, err
	}
	if known.Grids != nil {
		if _, ok := known.Grids.Area(w.Area); ok {
			w.Cases = actor.Scope(district).Area(w.Area)
			return w, nil
		}
	}
	return w, fault.New(fault.NotFound, "grid.unknown", "district %s has no area %q", district, w.Area)
}

// still tells whether a stream that goes on may go on: by the rights of now.
func (s *Service) still(r *http.Request, w live.Watching) bool {
	actor, err := api.Caller(s.o.Access, access.Live, r)
	if err != nil {
		return fault.KindOf(err) == fault.Unavailable
	}
	now, err := s.allowed(actor, w)
	return err == nil && now == w && actor.ID == w.User
}

// eventStream writes server-sent events.
type eventStream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// send writes and flushes; it fails where the reader takes nothing for too long.
func (e *eventStream) send(b []byte) error {
	if err := e.control.SetWriteDeadline(time.Now().Add(stall)); err != nil {
		return err
	}
	if _, err := e.w.Write(b); err != nil {
		return err
	}
	return e.control.Flush()
}

// rendered are the messages of a batch. Only the last one carries the cursor: a reader who loses the stream among them gets them again.
func rendered(batch live.Batch) []byte {
	var b bytes.Buffer
	for i, m := range batch.Messages {
		b.WriteString("event: " + m.Name + "\n")
		if i == len(batch.Messages)-1 && batch.Cursor != "" {
			b.WriteString("id: " + batch.Cursor + "\n")
		}
		b.WriteString("data: ")
		b.Write(m.Data)
		b.WriteString("\n\n")
	}
	return b.Bytes()
}

// beat says that the stream lives, and how far it is where that is new.
func beat(cursor string) []byte {
	if cursor == "" {
		return []byte(":\n\n")
	}
	return []byte(":\nid: " + cursor + "\n\n")
}
