package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/fault"
)

// auditProgress follows one audit after another and shows how far they are in all.
type auditProgress struct {
	api    *client.Client
	bar    progressBar
	began  time.Time
	before uint64 // events of those that are done
	total  uint64 // events of all; what the audit under way says where 0
}

// newAuditProgress returns what follows audits of so many events. Elsewhere than on a terminal there is a line every 10 seconds.
func newAuditProgress(api *client.Client, total uint64) *auditProgress {
	return &auditProgress{api: api, bar: progressBar{to: os.Stderr, every: 10 * time.Second, last: time.Now()}, began: time.Now(), total: total}
}

// follow asks for an audit and returns its last answer. To end ctx ends it on the server, too.
func (p *auditProgress) follow(ctx context.Context, name string, q *gridcasev1.AuditRequest) (*gridcasev1.AuditResponse, error) {
	defer p.bar.clear()
	stream, err := p.api.Evidence.Audit(ctx, q)
	if err != nil {
		return nil, stopped(ctx, err)
	}
	defer func() { _ = stream.Close() }() // everything was read, or the audit is given up
	for {
		answer, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			return nil, &fault.Error{Kind: fault.Unavailable, Code: "audit.cut", Text: "the server ended the audit before it said what it found: ask again"}
		}
		if err != nil {
			return nil, stopped(ctx, err)
		}
		if answer.GetResult() != nil {
			p.before += answer.GetDone()
			return answer, nil
		}
		p.bar.show(p.line(name, answer, time.Since(p.began)))
	}
}

// line is how far the audits are after so much time.
func (p *auditProgress) line(name string, a *gridcasev1.AuditResponse, took time.Duration) (string, float64) {
	done, total := p.before+a.GetDone(), max(p.total, p.before+a.GetTotal())
	line, part := barLine(name, done, total)
	if done > 0 && took >= time.Second { // before, a rate says nothing
		rest := time.Duration(float64(took) * float64(total-done) / float64(done))
		line += fmt.Sprintf("  %.0f/s  %s left", float64(done)/took.Seconds(), rest.Round(time.Second))
	}
	return line, part
}

// stopped is why an audit ended without its last answer.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errors.New("the audit was stopped before its end, here and on the server")
	}
	return client.Fault(err)
}
