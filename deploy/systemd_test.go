package deploy_test

import (
	"slices"
	"strings"
	"testing"
)

// unit returns the values of the systemd unit by "Section.Key".
func unit(t *testing.T) map[string][]string {
	t.Helper()
	values := map[string][]string{}
	section := ""
	for line := range strings.Lines(read(t, "systemd/gridcase.service")) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if strings.HasPrefix(line, "[") {
			section = strings.Trim(line, "[]")
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok {
			t.Errorf("%q is neither a section nor a setting", line)
		}
		values[section+"."+key] = append(values[section+"."+key], value)
	}
	return values
}

func TestTheUnitStartsEverythingInItsStateDirectory(t *testing.T) {
	u := unit(t)
	start := strings.Fields(strings.Join(u["Service.ExecStart"], " "))
	if len(start) < 2 || start[0] != "/usr/bin/gridcase" {
		t.Fatalf("ExecStart=%q", start)
	}
	checkCommand(t, start[1:])
	state := "/var/lib/" + strings.Join(u["Service.StateDirectory"], "")
	if at := slices.Index(start, "--data"); at < 0 || start[at+1] != state {
		t.Errorf("%q doesn't keep its data in %s, the only place that it may write to", start, state)
	}
}

func TestTheUnitIsConfinedAndStopsInOrder(t *testing.T) {
	u := unit(t)
	for key, want := range map[string]string{
		"Service.User":                  "gridcase",
		"Service.KillMode":              "mixed", // the database is gridcase's to stop
		"Service.NoNewPrivileges":       "yes",
		"Service.ProtectSystem":         "strict",
		"Service.ProtectHome":           "yes",
		"Service.PrivateTmp":            "yes",
		"Service.CapabilityBoundingSet": "",
		"Service.UMask":                 "0077",
		"Install.WantedBy":              "multi-user.target",
	} {
		if got := u[key]; len(got) != 1 || got[0] != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
}
