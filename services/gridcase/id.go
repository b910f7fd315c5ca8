package main

import (
	"fmt"

	"github.com/google/uuid"
)

// idCmd is 'gridcase id'.
type idCmd struct{}

// Run prints a new id: a UUID of version 7, for a case or a command.
func (idCmd) Run() error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make an id: %w", err)
	}
	fmt.Println(id)
	return nil
}
