package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"text/tabwriter"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// Setting is one setting as 'gridcase config' prints it.
type Setting struct {
	Flag    string
	Env     string
	Value   string
	Default string
	Source  string // flag, environment, file or default
	Help    string
}

// Describe returns every setting with its default, in the order of the struct.
func Describe() []Setting {
	var holder struct {
		Settings `embed:""`
	}
	parser, err := kong.New(&holder)
	if err != nil {
		return nil // the struct's own tags: a test reads them
	}
	var all []Setting
	for _, flag := range parser.Model.Flags {
		if flag.Name != "help" {
			all = append(all, Setting{Flag: "--" + flag.Name, Env: env(flag), Default: flag.Default, Help: flag.Help})
		}
	}
	return all
}

// File is a YAML file of settings: its keys are the flags' names.
type File struct{ values map[string]any }

// ReadFile reads a YAML file; a key that is no setting is an error.
func ReadFile(path string) (*File, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	f := &File{}
	if err := yaml.Unmarshal(b, &f.values); err != nil {
		return nil, fmt.Errorf("read settings %s: %w", path, err)
	}
	known := map[string]bool{}
	for _, s := range Describe() {
		known[s.Flag[2:]] = true
	}
	for key := range f.values {
		if !known[key] {
			err = errors.Join(err, fmt.Errorf("settings %s: there is no setting %q", path, key))
		}
	}
	return f, err
}

// Validate is part of kong.Resolver.
func (f *File) Validate(*kong.Application) error { return nil }

// Resolve gives kong the file's value where neither a flag nor the environment gives one: kong alone would let the file beat the
// environment.
func (f *File) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, name := range flag.Envs {
		if _, set := os.LookupEnv(name); set {
			return nil, nil
		}
	}
	if v, ok := f.values[flag.Name]; ok {
		return fmt.Sprint(v), nil
	}
	return nil, nil
}

// Trace returns every setting of a parsed command line with its value and where that came from. Secrets are masked.
func Trace(ctx *kong.Context, file *File) []Setting {
	given := map[string]bool{}
	for _, step := range ctx.Path {
		if step.Flag != nil && !step.Resolved {
			given[step.Flag.Name] = true
		}
	}
	known := map[string]bool{}
	for _, s := range Describe() {
		known[s.Flag[2:]] = true
	}
	var all []Setting
	for _, flag := range ctx.Flags() {
		if !known[flag.Name] {
			continue
		}
		s := Setting{Flag: "--" + flag.Name, Env: env(flag), Default: flag.Default, Help: flag.Help, Source: "default", Value: fmt.Sprint(reflect.Indirect(flag.Target).Interface())}
		_, inEnv := os.LookupEnv(s.Env)
		switch {
		case given[flag.Name]:
			s.Source = "flag"
		case inEnv:
			s.Source = "environment"
		case file != nil && file.values[flag.Name] != nil:
			s.Source = "file"
		}
		if flag.Tag.Has("secret") && s.Value != "" {
			s.Value = "(set)"
		}
		all = append(all, s)
	}
	return all
}

// Print writes settings as a table.
func Print(w io.Writer, settings []Setting) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "SETTING\tVALUE\tSOURCE\tDEFAULT\tENVIRONMENT")
	for _, s := range settings {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", s.Flag, s.Value, s.Source, s.Default, s.Env)
	}
	return t.Flush()
}

func env(flag *kong.Flag) string {
	if len(flag.Envs) == 0 {
		return ""
	}
	return flag.Envs[0]
}
