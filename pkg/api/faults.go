package api

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectproto"
	"go.uber.org/zap"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// connectCodes is the one table from a kind of failure to Connect's code.
var connectCodes = map[fault.Kind]connect.Code{
	fault.Invalid: connect.CodeInvalidArgument, fault.Unauthenticated: connect.CodeUnauthenticated, fault.Denied: connect.CodePermissionDenied,
	fault.NotFound: connect.CodeNotFound, fault.Conflict: connect.CodeAborted, fault.TooLarge: connect.CodeResourceExhausted,
	fault.Unavailable: connect.CodeUnavailable, fault.Internal: connect.CodeInternal,
}

// answerFaults turns what a call returned into what its client reads. What should not have happened is logged here, and only here.
func answerFaults(log *zap.Logger, observe func(string, fault.Kind, time.Duration)) connect.ServerInterceptor {
	return func(next connect.ServerFunc) connect.ServerFunc {
		return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) error {
			begun := time.Now()
			err := next(ctx, spec, stream)
			took := time.Since(begun)
			if err == nil {
				observe(spec.Procedure, "ok", took)
				return nil
			}
			f := faultOf(err)
			observe(spec.Procedure, f.Kind, took)
			if f.Kind == fault.Internal || f.Kind == fault.Unavailable {
				log.Warn("call failed", zap.String("procedure", spec.Procedure), zap.String("code", f.Code), zap.Error(f.Cause))
			}
			return answer(ctx, f)
		}
	}
}

// faultOf returns the fault behind any error of a call: one of ours, or one of Connect's own about the request.
func faultOf(err error) *fault.Error {
	var wire *connect.Error
	var known *fault.Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, context.Canceled):
		return ended(err)
	case !errors.As(err, &wire):
		return fault.Of(err)
	}
	switch wire.Code() {
	case connect.CodeInvalidArgument:
		return fault.New(fault.Invalid, "request.malformed", "the request can't be read: %s", wire.Message())
	case connect.CodeResourceExhausted:
		return fault.New(fault.TooLarge, "request.too_large", "the request is larger than the server takes")
	case connect.CodeUnimplemented:
		return fault.New(fault.NotFound, "request.unknown_procedure", "there is no such procedure")
	case connect.CodeCanceled, connect.CodeDeadlineExceeded:
		return ended(err)
	}
	return fault.Of(fmt.Errorf("call: %w", err))
}

// ended is the fault of a call that nobody waits for any more.
func ended(cause error) *fault.Error {
	return &fault.Error{Kind: fault.Unavailable, Code: "request.ended", Text: "the request ended before its answer was there", Cause: cause}
}

// answer is the fault in Connect's form, with the problem as its detail.
func answer(ctx context.Context, f *fault.Error) error {
	p := Problem(f)
	if info, ok := connect.CallInfoForServerContext(ctx); ok && p.GetRetryAfter() > 0 {
		info.ResponseHeader().Set("Retry-After", strconv.Itoa(int(p.GetRetryAfter())))
	}
	e := connect.NewError(connectCodes[f.Kind], f.Text)
	detail, err := connectproto.NewErrorDetail(p)
	if err != nil {
		return e
	}
	return e.WithDetail(detail)
}

// Problem is a fault as clients read it.
func Problem(f *fault.Error) *gridcasev1.Problem {
	p := &gridcasev1.Problem{Type: "urn:gridcase:problem:" + f.Code, Title: string(f.Kind), Status: uint32(f.Kind.HTTPStatus()), Detail: f.Text, Code: f.Code, Field: f.Field}
	if f.Kind == fault.Unavailable {
		after := max(f.After, time.Second)
		p.RetryAfter = uint32((after + time.Second - 1) / time.Second)
	}
	return p
}
