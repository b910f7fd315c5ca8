package api

import (
	"context"
	"net/http"
	"time"

	"go.uber.org/zap"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/fault"
)

// RouteOptions are what a plain HTTP route is made of: one that is no procedure, such as a stream.
type RouteOptions struct {
	Access  *access.Access
	Name    string                                                    // its entry in the access table, method and path: "GET /v1/live"
	Observe func(name string, outcome fault.Kind, took time.Duration) // told of each request; may be nil
	Logger  *zap.Logger
}

// NewRoute returns the handler of a plain HTTP route behind the same door as the procedures: the bearer token in the header Authorization
// says who asks, the access table whether they may. What serve returns is answered as a problem; after it has begun to answer it returns nil.
func NewRoute(o RouteOptions, serve func(w http.ResponseWriter, r *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		d := &door{o.Access, o.Name, r.Header.Get("Authorization")}
		actor, err := d.admit()
		if err == nil {
			ctx := context.WithValue(context.WithValue(r.Context(), actorKey{}, actor), doorKey{}, d)
			err = serve(w, r.WithContext(ctx))
		}
		outcome := fault.Kind("ok")
		if err != nil {
			f := fault.Of(err)
			outcome = f.Kind
			if f.Kind == fault.Internal || f.Kind == fault.Unavailable {
				o.Logger.Warn("request failed", zap.String("route", o.Name), zap.String("code", f.Code), zap.Error(f.Cause))
			}
			WriteProblem(w, Problem(f))
		}
		if o.Observe != nil {
			o.Observe(o.Name, outcome, time.Since(begun))
		}
	})
}

// doorKey is where the context keeps the door that a request came through.
type doorKey struct{}

// door is how a request was admitted.
type door struct {
	access *access.Access
	name   string
	header string
}

func (d *door) admit() (access.Actor, error) {
	actor, err := d.access.Authenticate(bearer(d.header))
	if err != nil {
		return access.Actor{}, err
	}
	return actor, d.access.Authorise(actor, d.name)
}

// Recheck authenticates and authorises anew who sent a request that goes on for long, and returns them as they are now.
func Recheck(ctx context.Context) (access.Actor, error) {
	d, ok := ctx.Value(doorKey{}).(*door)
	if !ok {
		return access.Actor{}, fault.New(fault.Internal, "internal", "the request came through no door")
	}
	return d.admit()
}
