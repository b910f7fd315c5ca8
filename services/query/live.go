package query

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/api"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/live"
	"github.com/gridcase/gridcase/pkg/reference"
)

// LiveOptions are what the route of live streams is made of.
type LiveOptions struct {
	Hub       *live.Hub
	Directory *reference.Directory
	Access    *access.Access
	Stop      <-chan struct{}                                           // closed when the process is to end: streams are ended then
	Observe   func(name string, outcome fault.Kind, took time.Duration) // told of each stream at its end; may be nil
	Logger    *zap.Logger

	Heartbeat time.Duration // how long a stream may be silent; 15 s where 0
	Recheck   time.Duration // how often it is asked anew whether the reader may; a minute where 0
	Patience  time.Duration // how long a reader may take to accept what is written; 5 s where 0
}

// liveRoute serves live streams.
type liveRoute struct{ LiveOptions }

// NewLive returns the handler of live streams (server-sent events): GET with the parameters district, area or queue, and after.
func NewLive(o LiveOptions) http.Handler {
	for _, d := range []struct {
		option *time.Duration
		usual  time.Duration
	}{{&o.Heartbeat, 15 * time.Second}, {&o.Recheck, time.Minute}, {&o.Patience, 5 * time.Second}} {
		if *d.option == 0 {
			*d.option = d.usual
		}
	}
	l := &liveRoute{o}
	return api.NewRoute(api.RouteOptions{Access: o.Access, Name: access.Live, Observe: o.Observe, Logger: o.Logger}, l.serve)
}

// serve answers one request for as long as its reader stays.
func (l *liveRoute) serve(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodGet {
		return fault.New(fault.Invalid, "request.method", "a stream is asked for with GET")
	}
	if err := sameOrigin(r); err != nil {
		return err
	}
	if err := l.Directory.Ready(); err != nil {
		return &fault.Error{Kind: fault.Unavailable, Code: "access.away", After: time.Second, Cause: err, Text: "this server does not know its districts yet; try again"}
	}
	asked, err := parseLive(r)
	if err != nil {
		return err
	}
	changed := l.Directory.Changed()
	actor, err := api.Recheck(r.Context()) // as of now: what changes from here on is heard
	if err != nil {
		return err
	}
	s, err := l.subscription(asked, actor)
	if err != nil {
		return err
	}
	if s.After, err = asked.place(s.Scope.District); err != nil {
		return err
	}
	reader, err := l.Hub.Subscribe(r.Context(), s)
	if err != nil {
		return err
	}
	defer reader.Close()
	l.stream(r.Context(), &eventWriter{w: w, control: http.NewResponseController(w), patience: l.Patience}, reader, asked, changed)
	return nil
}

// sameOrigin refuses a page of another origin. The token in the header is the guard; this keeps a page that got hold of one from being served.
func sameOrigin(r *http.Request) error {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return nil
	}
	if u, err := url.Parse(origin); err == nil && u.Host == r.Host && (u.Scheme == "http" || u.Scheme == "https") {
		return nil
	}
	return fault.New(fault.Denied, "live.origin", "a page of another origin may not follow live streams")
}

// asked is what a request asks for.
type asked struct{ district, area, queue, after string }

// parseLive reads the parameters. One that is not known is refused, so that no token ends up in a URL.
func parseLive(r *http.Request) (asked, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return asked{}, fault.New(fault.Invalid, "request.malformed", "the parameters can't be read")
	}
	a := asked{after: r.Header.Get("Last-Event-ID")}
	fields := map[string]*string{"district": &a.district, "area": &a.area, "queue": &a.queue, "after": &a.after}
	for name, given := range values {
		if fields[name] == nil {
			return asked{}, fault.New(fault.Invalid, "request.unknown_parameter", "the parameters are district, area or queue, and after; the token belongs into the header Authorization")
		}
		if len(given) > 1 {
			return asked{}, fault.BadField(name, "request.repeated", "give the parameter %s once", name)
		}
		if name != "after" || a.after == "" { // the header is newer: a browser sends both when it comes back
			*fields[name] = given[0]
		}
	}
	return a, a.check()
}

func (a *asked) check() error {
	if a.area != "" && a.queue != "" {
		return fault.BadField("queue", "live.one", "a stream is of an area or of a queue, not of both")
	}
	if !digits(a.area) || a.area != "" && (len(a.area) < 6 || len(a.area) > 20) {
		return fault.BadField("area", "grid.code", "an area is a code of 6 to 20 digits")
	}
	if len(a.queue) > 60 {
		return fault.BadField("queue", "live.queue", "a queue is acceptor, dispatcher, department:ID or worker:ID")
	}
	if a.area != "" && a.district == "" {
		a.district = a.area[:6]
	}
	return nil
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// place is where the reader goes on; nil: from here on.
func (a *asked) place(district string) (live.Cursor, error) {
	if a.after == "" {
		return nil, nil
	}
	return live.ParseCursor(district, a.after)
}

// subscription is what an actor is to be told: as ListQueue has it for a queue, as GetGridStatus has it for an area.
func (l *liveRoute) subscription(a asked, actor access.Actor) (live.Subscription, error) {
	s := live.Subscription{Subject: live.Subject{Area: a.area, Queue: a.queue}, User: actor.ID}
	code, err := l.Access.District(actor, a.district)
	if err != nil {
		return s, err
	}
	s.Scope = actor.Scope(code)
	if a.queue != "" {
		if err := l.Access.Authorise(actor, "/gridcase.v1.QueryService/ListQueue"); err != nil {
			return s, err
		}
		return s, mayWatch(actor, a.queue)
	}
	if a.area == "" {
		s.Area = code
	}
	district, err := l.Directory.Known(code)
	if err != nil {
		return s, err
	}
	if district.Grids == nil {
		return s, fault.New(fault.Conflict, "district.incomplete", "district %s has no grids yet", code)
	}
	if _, ok := district.Grids.Area(s.Area); !ok || !strings.HasPrefix(s.Area, code) {
		return s, fault.New(fault.NotFound, "grid.unknown", "district %s has no area %s", code, s.Area)
	}
	return s, nil
}

// mayWatch refuses a queue that is none, and one that is not the actor's.
func mayWatch(actor access.Actor, queue string) error {
	kind, id, named := strings.Cut(queue, ":")
	if !named && slices.Contains([]string{"acceptor", "dispatcher"}, kind) || named && id != "" && slices.Contains([]string{"department", "worker"}, kind) {
		return actor.Queue(queue)
	}
	return fault.BadField("queue", "live.queue", "a queue is acceptor, dispatcher, department:ID or worker:ID")
}

// stream writes to the reader until one of the two, or the process, is to end.
func (l *liveRoute) stream(ctx context.Context, w *eventWriter, reader *live.Reader, a asked, changed <-chan struct{}) {
	heartbeat, recheck := time.NewTicker(l.Heartbeat), time.NewTicker(l.Recheck)
	defer heartbeat.Stop()
	defer recheck.Stop()
	w.begin()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-l.Stop:
			w.end(&fault.Error{Kind: fault.Unavailable, Code: "live.stopping", Text: "this server is about to end; come back with your place"})
			return
		case <-changed:
			changed = l.Directory.Changed()
			err = l.again(ctx, reader, a)
		case <-recheck.C:
			err = l.again(ctx, reader, a)
		case <-heartbeat.C:
			err = l.write(w, reader, true)
		case <-reader.Ready():
			err = l.write(w, reader, false)
		}
		if err != nil {
			l.drop(w, err)
			return
		}
	}
}

// again asks whether the reader still may, and what it may see.
func (l *liveRoute) again(ctx context.Context, reader *live.Reader, a asked) error {
	actor, err := api.Recheck(ctx)
	if err == nil {
		var s live.Subscription
		if s, err = l.subscription(a, actor); err == nil {
			reader.Rescope(s.Scope)
		}
	}
	if err != nil && fault.KindOf(err) == fault.Unavailable {
		return nil // who is who can't be told now; it is asked again
	}
	return err
}

// write hands on what waits.
func (l *liveRoute) write(w *eventWriter, reader *live.Reader, heartbeat bool) error {
	messages, at, err := reader.Take()
	if err != nil {
		return err
	}
	return w.messages(messages, at, heartbeat)
}
