// Package client is the typed client of the public API: what the command line, the demo and the imports use, and what a Go integration may.
// It owns the token header and turning a problem back into a fault, and sending a command again that was answered "unavailable". It has no
// private door.
package client

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"connectrpc.com/connect/v2/connectproto"
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
	"github.com/gridcase/gridcase/proto/gridcase/v1/gridcasev1connect"

	"github.com/gridcase/gridcase/pkg/fault"
)

// Client calls one installation as one user.
type Client struct {
	Field gridcasev1connect.FieldServiceClient
	Desk  gridcasev1connect.DeskServiceClient
	Query gridcasev1connect.QueryServiceClient
	Works gridcasev1connect.WorksServiceClient
	Ops   gridcasev1connect.OpsServiceClient
	// Study is Query without a bound in time: figures and comparisons read whole logs. The context of a call bounds it.
	Study gridcasev1connect.QueryServiceClient
	// Evidence is not bounded in time: an audit reads whole logs. The context of a call bounds it.
	Evidence gridcasev1connect.EvidenceServiceClient

	url, token string // for what is no procedure
}

// The connections are shared by all clients of a process: many users, few connections.
var (
	connections = &http.Transport{MaxIdleConnsPerHost: 256, IdleConnTimeout: 90 * time.Second}
	transport   = &http.Client{Timeout: 60 * time.Second, Transport: connections}
	patient     = &http.Client{Transport: connections}
)

// New returns a client of the API at url ("http://127.0.0.1:8311") with a bearer token.
func New(url, token string) *Client {
	dial := func(over *http.Client) *connect.Client {
		return connect.NewClient(connecthttp.NewTransport(over, url, connecthttp.WithReadMaxBytes(256<<20)), authorise(token))
	}
	c := dial(transport)
	long := dial(patient)
	return &Client{url: strings.TrimSuffix(url, "/"), token: token, Field: gridcasev1connect.NewFieldServiceClient(c), Desk: gridcasev1connect.NewDeskServiceClient(c),
		Query: gridcasev1connect.NewQueryServiceClient(c), Works: gridcasev1connect.NewWorksServiceClient(c), Ops: gridcasev1connect.NewOpsServiceClient(c),
		Study: gridcasev1connect.NewQueryServiceClient(long), Evidence: gridcasev1connect.NewEvidenceServiceClient(long)}
}

func authorise(token string) connect.ClientInterceptor {
	return func(next connect.ClientFunc) connect.ClientFunc {
		return func(ctx context.Context, spec connect.Spec) (connect.ClientStream, error) {
			if info, ok := connect.CallInfoForClientContext(ctx); ok {
				info.RequestHeader().Set("Authorization", "Bearer "+token)
			}
			return next(ctx, spec)
		}
	}
}

// Fault returns the fault behind the error of a call. A call that reached nobody is Unavailable.
func Fault(err error) *fault.Error {
	var wire *connect.Error
	if !errors.As(err, &wire) {
		return unreachable(err)
	}
	for _, d := range wire.Details() {
		m, derr := connectproto.UnmarshalErrorDetail(d)
		if p, ok := m.(*gridcasev1.Problem); ok && derr == nil {
			return faultOf(p)
		}
	}
	if c := wire.Code(); c == connect.CodeUnavailable || c == connect.CodeDeadlineExceeded || c == connect.CodeCanceled {
		return unreachable(err)
	}
	return &fault.Error{Kind: fault.Internal, Code: "client.unexpected", Text: "the server answered what this client doesn't know", Cause: err}
}

// faultOf is the fault that a problem tells of.
func faultOf(p *gridcasev1.Problem) *fault.Error {
	return &fault.Error{Kind: fault.Kind(p.GetTitle()), Code: p.GetCode(), Text: p.GetDetail(), Field: p.GetField(), After: time.Duration(p.GetRetryAfter()) * time.Second}
}

func unreachable(cause error) *fault.Error {
	return &fault.Error{Kind: fault.Unavailable, Code: "client.unreachable", Text: "the server can't be reached", Cause: cause}
}

// Command is one of the contract's commands.
type Command interface {
	proto.Message
	GetTarget() *gridcasev1.Target
}

// Do sends a command and, while the answer is "unavailable", the same command again, until ctx ends: its id makes that safe.
func (c *Client) Do(ctx context.Context, cmd Command) (*gridcasev1.Receipt, error) {
	return untilAvailable(ctx, func() (*gridcasev1.Receipt, error) { return c.send(ctx, cmd) })
}

// untilAvailable sends again what was answered "unavailable".
func untilAvailable[R any](ctx context.Context, send func() (*R, error)) (*R, error) {
	for {
		receipt, err := send()
		if err == nil {
			return receipt, nil
		}
		f := Fault(err)
		if f.Kind != fault.Unavailable || ctx.Err() != nil {
			return nil, f
		}
		select {
		case <-ctx.Done():
			return nil, f
		case <-time.After(min(max(f.After, 50*time.Millisecond), 2*time.Second)):
		}
	}
}
