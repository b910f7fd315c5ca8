package main

import "context"

// fanOut measures the live streams: so many subscribers of areas, each change to all of them. It is nil while the product has none.
var fanOut func(ctx context.Context, b *bench, sec *section) error

// live measures how long a change takes to all subscribers.
func (b *bench) live(ctx context.Context) (*section, error) {
	sec := &section{Name: "live", Title: "Live streams: one change to 1,000 subscribers"}
	if fanOut != nil {
		return sec, fanOut(ctx, b, sec)
	}
	sec.Targets = []target{atMost("a change to all subscribers: p99", 100, "ms").because("the product has no live streams yet")}
	return sec, nil
}
