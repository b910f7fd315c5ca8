package main

import "github.com/gridcase/gridcase/pkg/projection"

// noView is a view that keeps nothing: a projector that fills it follows, decodes, and commits its checkpoint.
type noView struct{}

// Name is "nothing".
func (noView) Name() string { return "nothing" }

// Version is the only one.
func (noView) Version() int { return 1 }

// Tables are none.
func (noView) Tables() string { return "" }

// Fold reads and writes nothing.
func (noView) Fold([]projection.Event) projection.Fold { return noFold{} }

type noFold struct{}

// Read asks for nothing.
func (noFold) Read(*projection.Exchange) {}

// Write writes nothing.
func (noFold) Write(*projection.Exchange) error { return nil }
