// Package fault names the few kinds of failure that a caller may act on. It owns the error type that crosses every border of the house
// and the table that says what a kind means to a client; it never holds personal data: a text names fields and rules, not values.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind is what the caller can do about a failure, not where it came from.
type Kind string

// The kinds.
const (
	Invalid         Kind = "invalid"         // the request is wrong: mend it
	Unauthenticated Kind = "unauthenticated" // nobody known asks: sign in
	Denied          Kind = "denied"          // the actor may not do this
	NotFound        Kind = "not_found"       // there is no such thing, or it isn't the actor's to see
	Conflict        Kind = "conflict"        // the world is not as the request takes it to be: look, then decide again
	TooLarge        Kind = "too_large"       // the request is larger than the server takes
	Unavailable     Kind = "unavailable"     // nothing is wrong with the request: try it again later
	Internal        Kind = "internal"        // a bug: tell a human
)

// Error is a failure of a known kind.
type Error struct {
	Kind  Kind
	Code  string        // stable, for machines: "case.not_filed"
	Text  string        // one sentence, for people: what is wrong, what would be right
	Field string        // the field that is wrong, as a path; empty where no single one is
	After time.Duration // for Unavailable: when to try again; a second where zero
	Cause error         // what happened below; for logs, never for clients
}

// Error returns the text, behind it the cause.
func (e *Error) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("%s (%s): %v", e.Text, e.Code, e.Cause)
	}
	return fmt.Sprintf("%s (%s)", e.Text, e.Code)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// New returns an Error of kind with a formatted text.
func New(kind Kind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Text: fmt.Sprintf(format, args...)}
}

// BadField returns an Invalid error about one field of the request.
func BadField(field, code, format string, args ...any) *Error {
	return &Error{Kind: Invalid, Code: code, Text: fmt.Sprintf(format, args...), Field: field}
}

// BadPage is the answer to the cursor of a page that no answer before named.
func BadPage() *Error {
	return BadField("page", "page.malformed", "a page is the next_page of the answer before")
}

// Of returns the first Error in err's chain; any other error is Internal, and its text stays inside.
func Of(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Kind: Internal, Code: "internal", Text: "something failed that should not; it is logged", Cause: err}
}

// KindOf returns the kind of the first Error in err's chain, else Internal.
func KindOf(err error) Kind { return Of(err).Kind }

// HTTPStatus is the one table from a kind to a status of HTTP.
func (k Kind) HTTPStatus() int {
	switch k {
	case Invalid:
		return 400
	case Unauthenticated:
		return 401
	case Denied:
		return 403
	case NotFound:
		return 404
	case Conflict:
		return 409
	case TooLarge:
		return 413
	case Unavailable:
		return 503
	}
	return 500
}
