package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// callQuantile is a quantile of the calls of a procedure between two readings of the metrics, in seconds, as their buckets tell: linear
// within a bucket. Above the last bound it is that bound.
func callQuantile(before, after map[string]float64, procedure string, q float64) (float64, error) {
	type bucket struct{ bound, calls float64 }
	var buckets []bucket
	prefix := fmt.Sprintf("gridcase_call_seconds_bucket{procedure=%q,le=", procedure)
	for name, n := range after {
		if text, ok := strings.CutPrefix(name, prefix); ok {
			bound, err := strconv.ParseFloat(strings.Trim(text, `"}`), 64)
			if err == nil {
				buckets = append(buckets, bucket{bound, n - before[name]})
			}
		}
	}
	slices.SortFunc(buckets, func(a, b bucket) int { return int(math.Copysign(1, a.bound-b.bound)) })
	if len(buckets) == 0 || buckets[len(buckets)-1].calls == 0 {
		return 0, fmt.Errorf("the metrics tell of no call of %s", procedure)
	}
	rank, low := q*buckets[len(buckets)-1].calls, bucket{}
	for _, high := range buckets {
		if math.IsInf(high.bound, 1) {
			break
		}
		if rank <= high.calls {
			return low.bound + (high.bound-low.bound)*(rank-low.calls)/(high.calls-low.calls), nil
		}
		low = high
	}
	return low.bound, nil
}
