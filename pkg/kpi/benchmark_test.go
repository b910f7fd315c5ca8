package kpi_test

import (
	"fmt"
	"testing"

	"github.com/gridcase/gridcase/pkg/kpi"
)

// BenchmarkFigures folds 100,000 events of 12,500 cases.
func BenchmarkFigures(b *testing.B) {
	var events []kpi.Event
	for i := range 12500 {
		events = append(events, usual(fmt.Sprint("case-", i), "roads")...)
	}
	for _, by := range []kpi.By{kpi.Whole, kpi.Department, kpi.Worker} {
		b.Run("by "+string(by), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c := kpi.New(month(by))
				for _, e := range events {
					c.Add(e)
				}
				c.Groups()
			}
			b.ReportMetric(float64(len(events)*b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
