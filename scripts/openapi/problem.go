package main

import (
	"strconv"

	"github.com/gridcase/gridcase/pkg/fault"
)

// problem is one kind of failure as every procedure may answer it.
type problem struct {
	kind       fault.Kind
	name, text string
}

var problems = []problem{
	{fault.Invalid, "Invalid", "The request is wrong: mend it. `field` names the place where a single one is wrong."},
	{fault.Unauthenticated, "Unauthenticated", "No token, or one that nobody holds."},
	{fault.Denied, "Denied", "The token's user may not do this here."},
	{fault.NotFound, "NotFound", "There is no such thing, or it isn't the user's to see."},
	{fault.Conflict, "Conflict", "The case is not as the request takes it to be: look, then decide again."},
	{fault.TooLarge, "TooLarge", "The request is larger than the server takes."},
	{fault.Internal, "Internal", "A fault of the server; its log says more."},
	{fault.Unavailable, "Unavailable", "Nothing is wrong with the request: send it again after the time that Retry-After names."},
}

func (p problem) status() string { return strconv.Itoa(p.kind.HTTPStatus()) }

// problemResponses returns the answer of each problem, by name.
func problemResponses(schema object) object {
	responses := object{}
	for _, p := range problems {
		r := object{"description": p.text, "content": object{"application/problem+json": object{"schema": schema}}}
		if p.kind == fault.Unavailable {
			r["headers"] = object{"Retry-After": object{
				"description": "Seconds after which to try again.",
				"required":    true,
				"schema":      object{"type": "integer", "minimum": 1},
			}}
		}
		responses[p.name] = r
	}
	return responses
}
