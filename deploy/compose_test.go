package deploy_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// composition is the part of a compose file that the tests read.
type composition struct {
	Services map[string]service
	Secrets  map[string]struct{ File string }
	Volumes  map[string]any
}

type service struct {
	Image string
	Build struct{ Context, Dockerfile, Target string }
	// Command is the list form, so that no shell stands between.
	Command     []string
	Environment map[string]string
	Volumes     []string
	Secrets     []string
	DependsOn   []string `yaml:"depends_on"`
	Deploy      struct{ Replicas int }
}

func readCompose(t *testing.T) composition {
	t.Helper()
	var c composition
	if err := yaml.Unmarshal([]byte(read(t, "compose/compose.yaml")), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c composition) of(image string) map[string]service {
	found := map[string]service{}
	for name, s := range c.Services {
		if s.Image == image || strings.HasPrefix(s.Image, image+":") {
			found[name] = s
		}
	}
	return found
}

func TestComposeRunsEveryServiceAgainstTheClusterAndTheDatabase(t *testing.T) {
	c := readCompose(t)
	var served []string
	for name, s := range c.of("gridcase") {
		checkCommand(t, s.Command)
		served = append(served, s.Command[1:]...)
		if !strings.Contains(s.Environment["GRIDCASE_POSTGRES_URL"], "@postgres:") {
			t.Errorf("%s has no database", name)
		}
		for node := range c.of("nats") {
			if !strings.Contains(s.Environment["GRIDCASE_NATS_URL"], "@"+node+":4222") {
				t.Errorf("%s doesn't know the node %s", name, node)
			}
		}
	}
	slices.Sort(served)
	if want := []string{"dispatch", "intake", "notary", "projector", "query"}; !slices.Equal(served, want) {
		t.Errorf("compose serves %q, want %q", served, want)
	}
	if got := c.Services["projector"].Deploy.Replicas; got != 2 {
		t.Errorf("%d projectors, want 2", got)
	}
}

func TestComposeRunsThreeNodesOfTheLog(t *testing.T) {
	nodes := readCompose(t).of("nats")
	if len(nodes) != 3 {
		t.Fatalf("%d nodes, want 3", len(nodes))
	}
	for name, s := range nodes {
		if want := []string{"--config", "/etc/nats/nats.conf", "--name", name}; !slices.Equal(s.Command, want) {
			t.Errorf("%s runs %q, want %q", name, s.Command, want)
		}
		if s.Environment["NATS_PASSWORD"] == "" {
			t.Errorf("%s has no password", name)
		}
		for _, want := range []string{"../nats/nats.conf:/etc/nats/nats.conf:ro", name + ":/data"} {
			if !slices.Contains(s.Volumes, want) {
				t.Errorf("%s lacks the volume %s", name, want)
			}
		}
	}
}

func TestComposeNamesOnlyWhatIsThere(t *testing.T) {
	c := readCompose(t)
	for name, s := range c.Services {
		for _, volume := range s.Volumes {
			from, _, _ := strings.Cut(volume, ":")
			if strings.HasPrefix(from, ".") {
				exists(t, filepath.Join("compose", from))
			} else if _, ok := c.Volumes[from]; !ok {
				t.Errorf("%s uses the volume %s, which compose doesn't name", name, from)
			}
		}
		for _, secret := range s.Secrets {
			if c.Secrets[secret].File == "" {
				t.Errorf("%s uses the secret %s, which compose doesn't name", name, secret)
			}
		}
		for _, other := range s.DependsOn {
			if c.Services[other].Image == "" {
				t.Errorf("%s depends on %s, which compose doesn't run", name, other)
			}
		}
		if s.Build.Context == "" {
			continue
		}
		exists(t, filepath.Join("compose", s.Build.Context, s.Build.Dockerfile))
		if !slices.Contains(targets(t), s.Build.Target) {
			t.Errorf("%s is built from the target %s, which the Containerfile lacks", name, s.Build.Target)
		}
	}
}

func TestTheFrontLeadsToServicesOfCompose(t *testing.T) {
	c, passes := readCompose(t), 0
	for line := range strings.Lines(read(t, "compose/front.conf")) {
		if target, ok := strings.CutPrefix(strings.TrimSpace(line), "proxy_pass http://"); ok {
			passes++
			host, port, _ := strings.Cut(strings.TrimSuffix(target, ";"), ":")
			if c.Services[host].Image != "gridcase" || port != "8311" {
				t.Errorf("the front leads to %s", target)
			}
		}
	}
	if passes != 5 {
		t.Errorf("the front leads on by %d places, want 5", passes)
	}
}
