package api

import (
	"context"
	"errors"

	"buf.build/go/protovalidate"
	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/gridcase/gridcase/pkg/fault"
)

// validate refuses a message that breaks the contract's own rules.
func validate(v protovalidate.Validator) connect.ServerInterceptor {
	return func(next connect.ServerFunc) connect.ServerFunc {
		return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) error {
			return next(ctx, spec, &validated{stream, v})
		}
	}
}

type validated struct {
	connect.ServerStream
	rules protovalidate.Validator
}

// Receive returns the next message if it keeps the rules.
func (s *validated) Receive(m any) error {
	if err := s.ServerStream.Receive(m); err != nil {
		return err
	}
	message, ok := m.(proto.Message)
	if !ok {
		return nil
	}
	if hasUnknown(message.ProtoReflect()) {
		return fault.New(fault.Invalid, "request.unknown_field", "the message has a field that the contract doesn't know")
	}
	return invalid(s.rules.Validate(message))
}

// invalid turns the first broken rule into a fault about its field.
func invalid(err error) error {
	if err == nil {
		return nil
	}
	var broken *protovalidate.ValidationError
	if !errors.As(err, &broken) || len(broken.Violations) == 0 {
		return fault.New(fault.Invalid, "request.invalid", "the message breaks the contract's rules")
	}
	violation := broken.Violations[0].Proto
	return fault.BadField(protovalidate.FieldPathString(violation.GetField()), "request.invalid", "%s", violation.GetMessage())
}

// hasUnknown tells whether a message, at any depth, holds a field that this contract doesn't have: JSON refuses it by itself.
func hasUnknown(m protoreflect.Message) bool {
	if len(m.GetUnknown()) > 0 {
		return true
	}
	found := false
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case fd.Message() == nil:
		case fd.IsList():
			for i := range v.List().Len() {
				found = found || hasUnknown(v.List().Get(i).Message())
			}
		default:
			found = hasUnknown(v.Message())
		}
		return !found
	})
	return found
}
