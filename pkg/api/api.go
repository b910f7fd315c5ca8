// Package api is the door of every service: Connect over HTTP, with JSON that curl can send. It owns authentication and authorisation of
// each call, validation by the contract's rules, and how a fault looks to a client. It never decides anything about a case.
package api

import (
	"compress/gzip"
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"buf.build/go/protovalidate"
	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectgzip"
	"connectrpc.com/connect/v2/connecthttp"
	"connectrpc.com/connect/v2/connectproto"
	"go.uber.org/zap"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/fault"
)

const (
	// maxBody is how large a request may be, in bytes.
	maxBody = 1 << 20
	// maxReference is how large a version of reference data may be: 40,000 unit grids with their outlines.
	maxReference = 64 << 20
	// maxDepth is how deep JSON may nest.
	maxDepth = 32
	// onePacket is what fits into a packet, in bytes: to compress less saves nobody anything.
	onePacket = 1400
)

// Options are what a door is made of.
type Options struct {
	Access   *access.Access
	Register func(*connect.Server)                                       // adds the services behind the door
	Observe  func(procedure string, kind fault.Kind, took time.Duration) // told of each call; may be nil
	Logger   *zap.Logger
}

// NewHandler returns the HTTP handler of the registered services.
func NewHandler(o Options) (http.Handler, error) {
	validator, err := protovalidate.New()
	if err != nil {
		return nil, err
	}
	if o.Observe == nil {
		o.Observe = func(string, fault.Kind, time.Duration) {}
	}
	server := connect.NewServer(answerFaults(o.Logger, o.Observe), admit(o.Access), validate(validator))
	o.Register(server)
	mux := http.NewServeMux()
	compressor := connectgzip.New(connectgzip.WithLevel(gzip.BestSpeed))
	connecthttp.Mount(mux, server, connecthttp.WithCodecs(codecs()...), connecthttp.WithCompressors(compressor), connecthttp.WithCompressMinBytes(onePacket),
		connecthttp.WithConditionalOptions(limits))
	return renderProblems(mux), nil
}

// limits are how large the requests of a procedure may be.
func limits(spec connect.Spec) []connecthttp.Option {
	if bringsReference(spec.Procedure) {
		return []connecthttp.Option{connecthttp.WithReadMaxBytes(maxReference)}
	}
	return []connecthttp.Option{connecthttp.WithReadMaxBytes(maxBody)}
}

// codecs are protobuf and JSON that refuses what the contract doesn't know and spells out what it does.
func codecs() []connect.Codec {
	json := connectproto.NewJSONCodec()
	json.UnmarshalOptions.DiscardUnknown = false
	json.UnmarshalOptions.RecursionLimit = maxDepth
	return []connect.Codec{connectproto.NewBinaryCodec(), json}
}

// bringsReference tells whether a procedure's requests hold reference data.
func bringsReference(procedure string) bool {
	return strings.HasPrefix(procedure, "/gridcase.v1.DeskService/Publish") || procedure == "/gridcase.v1.QueryService/WhatIf"
}

// actorKey is where the context keeps who asks.
type actorKey struct{}

// Actor returns who sends the request. Every call behind the door has one.
func Actor(ctx context.Context) access.Actor {
	actor, _ := ctx.Value(actorKey{}).(access.Actor)
	return actor
}

// admit lets a call pass that the access table allows, before its body is read.
func admit(rules *access.Access) connect.ServerInterceptor {
	return func(next connect.ServerFunc) connect.ServerFunc {
		return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) error {
			info, ok := connect.CallInfoForServerContext(ctx)
			if !ok {
				return errors.New("the call has no info")
			}
			actor, err := rules.Authenticate(bearer(info.RequestHeader().Get("Authorization")))
			if err != nil {
				return err
			}
			if err := rules.Authorise(actor, spec.Procedure); err != nil {
				return err
			}
			return next(context.WithValue(ctx, actorKey{}, actor), spec, stream)
		}
	}
}

func bearer(header string) string {
	const scheme = "Bearer "
	if len(header) <= len(scheme) || header[:len(scheme)] != scheme {
		return ""
	}
	return header[len(scheme):]
}
