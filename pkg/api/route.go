package api

import (
	"context"
	"net/http"
	"time"

	"go.uber.org/zap"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/fault"
)

// Route is the door of what is no procedure: a plain GET, such as a stream. It lets pass whom the access table allows the route's path, and
// answers the fault that serve returns as a problem, if nothing was written before.
func Route(o Options, path string, serve func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		begun := time.Now()
		err := admitted(o, path, w, r, serve)
		if err == nil {
			o.Observe(path, "ok", time.Since(begun))
			return
		}
		f := fault.Of(err)
		o.Observe(path, f.Kind, time.Since(begun))
		if f.Kind == fault.Internal {
			o.Logger.Warn("call failed", zap.String("procedure", path), zap.String("code", f.Code), zap.Error(f.Cause))
		}
		WriteProblem(w, Problem(f))
	})
}

func admitted(o Options, path string, w http.ResponseWriter, r *http.Request, serve func(http.ResponseWriter, *http.Request) error) error {
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		return fault.New(fault.Invalid, "request.method", "%s is read with GET", path)
	}
	if from := r.Header.Get("Origin"); from != "" && from != "http://"+r.Host && from != "https://"+r.Host {
		return fault.New(fault.Denied, "request.origin", "pages of other sites may not read this")
	}
	actor, err := Caller(o.Access, path, r)
	if err != nil {
		return err
	}
	return serve(w, r.WithContext(context.WithValue(r.Context(), actorKey{}, actor)))
}

// Caller returns who sends a request that goes on for long, by the rights of now; the faults are those of its beginning.
func Caller(rules *access.Access, path string, r *http.Request) (access.Actor, error) {
	actor, err := rules.Authenticate(bearer(r.Header.Get("Authorization")))
	if err != nil {
		return actor, err
	}
	return actor, rules.Authorise(actor, path)
}
