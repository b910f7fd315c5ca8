package main

import (
	"math"
	"time"
)

// histogram counts durations in buckets that are 5 % wide, from a microsecond on. The zero value is empty.
type histogram struct {
	buckets [480]uint64
	count   uint64
}

var growth = math.Log(1.05)

func (h *histogram) add(d time.Duration) {
	h.buckets[min(len(h.buckets)-1, int(math.Log(max(1, float64(d)/float64(time.Microsecond)))/growth))]++
	h.count++
}

func (h *histogram) merge(o *histogram) {
	for i, n := range o.buckets {
		h.buckets[i] += n
	}
	h.count += o.count
}

// quantile is the duration below which a part q of all lie, at most 5 % above the truth.
func (h *histogram) quantile(q float64) time.Duration {
	rest := uint64(math.Ceil(q * float64(h.count)))
	for i, n := range h.buckets {
		if rest <= n {
			return time.Duration(math.Exp(float64(i+1)*growth) * float64(time.Microsecond))
		}
		rest -= n
	}
	return 0
}
