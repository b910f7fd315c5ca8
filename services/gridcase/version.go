package main

import (
	"fmt"
	"runtime/debug"
)

// versionCmd is 'gridcase version'.
type versionCmd struct{}

// version is set by the build; a plain 'go build' leaves it to the module's own.
var version = ""

// Run prints the version.
func (versionCmd) Run() error {
	fmt.Println("gridcase", buildVersion())
	return nil
}

func buildVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version
	}
	return "unknown"
}
