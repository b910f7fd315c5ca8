// Package deploy_test holds the files of deploy to the product: no container engine or systemd is needed to see that each setting, flag,
// service and file that they name exists.
package deploy_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gridcase/gridcase/pkg/config"
)

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func exists(t *testing.T, file string) {
	t.Helper()
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}

// checkCommand holds a command line of gridcase to the binary: the verb, the services behind serve, the flags.
func checkCommand(t *testing.T, words []string) {
	t.Helper()
	if len(words) == 0 {
		t.Error("gridcase is started without a verb")
		return
	}
	if !slices.Contains([]string{"up", "serve", "--help"}, words[0]) {
		t.Errorf("%q is no verb of an installation", words[0])
	}
	names := words[1:]
	for i, word := range names {
		if flag, _, _ := strings.Cut(word, "="); strings.HasPrefix(flag, "--") {
			checkFlag(t, flag)
			names = names[:min(i, len(names))]
		}
	}
	if words[0] != "serve" {
		return
	}
	if len(names) == 0 {
		t.Error("serve names no service")
	}
	for _, name := range names {
		exists(t, filepath.Join("../services", name))
	}
}

func checkFlag(t *testing.T, flag string) {
	t.Helper()
	if !slices.ContainsFunc(config.Describe(), func(s config.Setting) bool { return s.Flag == flag }) {
		t.Errorf("gridcase has no flag %s", flag)
	}
}

// TestEverySettingThatDeployNamesExists reads every file as text, so that a comment is held to the settings too.
func TestEverySettingThatDeployNamesExists(t *testing.T) {
	var known []string
	for _, s := range config.Describe() {
		known = append(known, s.Env)
	}
	named := 0
	setting := regexp.MustCompile(`\bGRIDCASE_[A-Z_]*[A-Z]\b`)
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(name, ".go") {
			return err
		}
		for _, env := range setting.FindAllString(read(t, name), -1) {
			named++
			if !slices.Contains(known, env) {
				t.Errorf("%s names %s, which is no setting", name, env)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if named < 8 {
		t.Errorf("only %d settings are named", named)
	}
}
