package deploy_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

const containerfile = "container/Containerfile"

// instructions returns the Containerfile's instructions, continued lines joined, comments left out.
func instructions(t *testing.T) []string {
	t.Helper()
	var all []string
	continued := false
	for line := range strings.Lines(read(t, containerfile)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		text := strings.TrimSuffix(line, `\`)
		if continued {
			all[len(all)-1] += text
		} else {
			all = append(all, text)
		}
		continued = strings.HasSuffix(line, `\`)
	}
	return all
}

// targets returns the names of the Containerfile's stages.
func targets(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, line := range instructions(t) {
		if words := strings.Fields(line); words[0] == "FROM" && len(words) == 4 {
			names = append(names, words[3])
		}
	}
	return names
}

func TestTheContainersStartTheBinary(t *testing.T) {
	commands := 0
	for _, line := range instructions(t) {
		verb, rest, _ := strings.Cut(line, " ")
		if verb != "CMD" && verb != "ENTRYPOINT" {
			continue
		}
		var words []string
		if err := json.Unmarshal([]byte(rest), &words); err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if verb == "ENTRYPOINT" {
			if len(words) != 1 || words[0] != "/usr/bin/gridcase" {
				t.Errorf("%s", line)
			}
			continue
		}
		commands++
		checkCommand(t, words)
	}
	if commands != 2 {
		t.Errorf("%d commands, want one an image", commands)
	}
}

func TestTheContainersAreBuiltFromWhatIsThere(t *testing.T) {
	exists(t, "../scripts/build")
	copies := 0
	for _, line := range instructions(t) {
		words := strings.Fields(line)
		if words[0] != "COPY" || strings.HasPrefix(words[1], "--from=") {
			continue
		}
		copies++
		for _, source := range words[1 : len(words)-1] {
			exists(t, filepath.Join("..", source))
		}
	}
	if copies != 2 {
		t.Errorf("%d copies of the tree, want 2", copies)
	}
	if want := []string{"build", "gridcase", "standalone"}; strings.Join(targets(t), " ") != strings.Join(want, " ") {
		t.Errorf("stages %q, want %q", targets(t), want)
	}
}
