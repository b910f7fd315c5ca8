package telemetry

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Metrics are a process's metrics. The zero value is of no use; New makes one.
type Metrics struct {
	registry *prometheus.Registry
	calls    *prometheus.CounterVec
	took     *prometheus.HistogramVec
	applied  prometheus.Counter
}

// New returns metrics with those of the process and the runtime.
func New() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		calls:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "gridcase_calls_total", Help: "API calls by procedure and outcome."}, []string{"procedure", "outcome"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "gridcase_call_seconds", Help: "How long API calls took in the server, by procedure.",
			Buckets: []float64{0.0005, 0.001, 0.002, 0.003, 0.004, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5}}, []string{"procedure"}),
		applied: prometheus.NewCounter(prometheus.CounterOpts{Name: "gridcase_events_applied_total", Help: "Events that the projector applied to the views."}),
	}
	m.registry.MustRegister(m.calls, m.took, m.applied, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Call counts an API call, its outcome ("ok" or a kind of fault) and how long it took.
func (m *Metrics) Call(procedure, outcome string, took time.Duration) {
	m.calls.WithLabelValues(procedure, outcome).Inc()
	m.took.WithLabelValues(procedure).Observe(took.Seconds())
}

// Applied counts events that were applied to the views.
func (m *Metrics) Applied(events int) { m.applied.Add(float64(events)) }

// Gauge adds a metric that is read when it is asked for.
func (m *Metrics) Gauge(name, help string, read func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, read))
}

// Counter adds a metric that only grows and is read when it is asked for.
func (m *Metrics) Counter(name, help string, read func() float64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, read))
}

// Gauges adds a metric with one value a label, read when it is asked for.
func (m *Metrics) Gauges(name, help, label string, read func() map[string]int) {
	m.registry.MustRegister(&gauges{prometheus.NewDesc(name, help, []string{label}, nil), read})
}

// gauges reads a metric's values.
type gauges struct {
	desc *prometheus.Desc
	read func() map[string]int
}

// Describe tells the metric's name.
func (g *gauges) Describe(to chan<- *prometheus.Desc) { to <- g.desc }

// Collect tells its values.
func (g *gauges) Collect(to chan<- prometheus.Metric) {
	for label, value := range g.read() {
		to <- prometheus.MustNewConstMetric(g.desc, prometheus.GaugeValue, float64(value), label)
	}
}
