package main

import (
	"os"

	"github.com/alecthomas/kong"

	"github.com/gridcase/gridcase/pkg/config"
)

// settingsCmd is 'gridcase config'.
type settingsCmd struct {
	config.Settings `embed:""`
}

// Run prints the settings as a process with the same flags, environment and file would have them.
func (c *settingsCmd) Run(parsed *kong.Context, file *config.File) error {
	if err := c.Complete(); err != nil {
		return err
	}
	return config.Print(os.Stdout, config.Trace(parsed, file))
}
