package main

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/gridcase/gridcase/pkg/telemetry"
)

// checks are what a ready process has.
func (p *process) checks() []telemetry.Check {
	checks := []telemetry.Check{
		{Name: "log", Ready: func() error { return p.log.Ready(context.Background()) }},
		{Name: "reference", Ready: p.directory.Ready},
		{Name: "programme", Ready: p.programme.Ready},
	}
	if p.broker != nil {
		checks = append(checks, telemetry.Check{Name: "broker", Ready: p.broker.Healthy})
	}
	if p.projector != nil {
		checks = append(checks, telemetry.Check{Name: "projector", Ready: p.projector.Ready})
	}
	if p.tracker != nil || p.projector != nil {
		checks = append(checks, telemetry.Check{Name: "database", Ready: p.pingDatabase})
	}
	return checks
}

func (p *process) pingDatabase() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return p.pool.Ping(ctx)
}

// announce waits until the process is ready, then calls whenReady.
func (p *process) announce(ctx context.Context) error {
	for _, c := range p.checks() {
		for c.Ready() != nil {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
	return p.whenReady(ctx)
}

// halts runs what follows the streams that every command stands on. A record that it can't take in ends a process that was ready. One that
// starts stays up without it: what needs it is unavailable and /readyz says why, but the operator can have the log audited.
func (p *process) halts(ctx context.Context, run func(context.Context) error, ready func() error) error {
	err := run(ctx)
	if ctx.Err() != nil || ready() == nil {
		return err
	}
	p.logger.Error("the process does not become ready; start it again when this is mended", zap.Error(err))
	<-ctx.Done()
	return ctx.Err()
}
