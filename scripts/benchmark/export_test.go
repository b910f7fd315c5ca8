package main

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gridcase/gridcase/pkg/casework"
)

// What the tests may see.
var (
	Names     = names
	Described = described
	PeerNames = peerNames
)

// TreeCPU is the CPU time of a process and of those that stem from it.
func TreeCPU(root int) (time.Duration, error) {
	sum, _, err := treeCPU(root)
	return sum, err
}

// Quantile is a quantile of some durations as the histogram tells it.
func Quantile(all []time.Duration, q float64) time.Duration {
	var h histogram
	for _, d := range all {
		h.add(d)
	}
	return h.quantile(q)
}

// Peer is a peer on a database of its own, and how many commands its tables say that it did.
func Peer(ctx context.Context, dsn, key string) (play func(cases int) error, stored func() (uint64, error), tamper func(sql string) error, end func(), err error) {
	if err = makeTables(ctx, dsn, peers[key].tables); err != nil {
		return nil, nil, nil, nil, err
	}
	pool, err := openPool(ctx, dsn, 4, true)
	if err != nil {
		return nil, nil, nil, nil, err
	}
	p, err := peers[key].on(pool)
	if err != nil {
		pool.Close()
		return nil, nil, nil, nil, err
	}
	play = func(cases int) error {
		for n := range cases {
			s := newStory(0, uint64(n))
			for i := range way[:usual] {
				if err := p.do(ctx, 0, s, &way[i], way[i].make(s)); err != nil {
					return err
				}
			}
		}
		return nil
	}
	tamper = func(sql string) error {
		_, err := pool.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol)
		return err
	}
	return play, func() (uint64, error) { return p.stored(ctx) }, tamper, pool.Close, nil
}

// Again sends the first step of a case that has gone its whole way, and then its last step twice: what a peer must refuse.
func Again(ctx context.Context, dsn, key string) (errs [2]error, err error) {
	pool, err := openPool(ctx, dsn, 4, true)
	if err != nil {
		return errs, err
	}
	defer pool.Close()
	p, err := peers[key].on(pool)
	if err != nil {
		return errs, err
	}
	s := newStory(0, 1)
	do := func(i int) error {
		var cmd casework.Command = way[i].make(s)
		return p.do(ctx, 0, s, &way[i], cmd)
	}
	for i := range usual {
		if err := do(i); err != nil {
			return errs, err
		}
	}
	errs[0], errs[1] = do(0), do(usual-1)
	return errs, nil
}
