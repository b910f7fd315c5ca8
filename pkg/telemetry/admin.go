package telemetry

import (
	"encoding/json"
	"net/http"
	"net/http/pprof"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Check tells what keeps one part of a process from being ready; nil: nothing.
type Check struct {
	Name  string
	Ready func() error
}

// Admin returns the handler of the admin port: /livez, /readyz, /metrics, /debug/pprof/.
func Admin(m *Metrics, checks []Check) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]string{"status": "alive"})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { ready(w, checks) })
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

// ready answers 200 where every check passes, else 503 with the reasons.
func ready(w http.ResponseWriter, checks []Check) {
	status, answers := http.StatusOK, map[string]string{}
	for _, c := range checks {
		answers[c.Name] = "ready"
		if err := c.Ready(); err != nil {
			status, answers[c.Name] = http.StatusServiceUnavailable, err.Error()
		}
	}
	answer(w, status, answers)
}

func answer(w http.ResponseWriter, status int, body map[string]string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may be gone
}
