package main_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	benchmark "github.com/gridcase/gridcase/scripts/benchmark"
)

// report is what the test reads of a report.
type report struct {
	Sections []struct {
		Name string `json:"name"`
		Rows []struct {
			Name  string `json:"name"`
			Cells []struct {
				Label string  `json:"label"`
				Value float64 `json:"value"`
			} `json:"cells"`
		} `json:"rows"`
		Targets []struct {
			What    string `json:"what"`
			Verdict string `json:"verdict"`
			Why     string `json:"why"`
		} `json:"targets"`
	} `json:"sections"`
}

// TestSmallSizesRunThrough runs the whole program on almost nothing. It ends well only where every contestant has stored what it said that
// it did: the program holds each to that.
func TestSmallSizesRunThrough(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cache, err := os.MkdirTemp("", "gridcase-bench-") // not the test's own: the database's user may enter it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(cache) })
	if err := os.Chmod(cache, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, folder := range map[string]string{"gridcase": "../../services/gridcase", "benchmark": "."} {
		if out, err := exec.Command("go", "build", "-o", filepath.Join(dir, name), folder).CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", name, err, out)
		}
	}
	file := filepath.Join(dir, "report.json")
	out, err := exec.Command(filepath.Join(dir, "benchmark"), "--binary", filepath.Join(dir, "gridcase"), "--cache", cache, "--json", file, "--rounds", "1",
		"--window", "50ms", "--clients", "4", "--pool", "4", "--cases", "80", "--small", "60", "--open", "20").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range r.Sections {
		names = append(names, s.Name)
		for _, row := range s.Rows {
			if len(row.Cells) == 0 || row.Cells[0].Value <= 0 {
				t.Errorf("%s, %s: nothing was measured: %v", s.Name, row.Name, row.Cells)
			}
		}
		for _, g := range s.Targets {
			if g.Verdict == "not measured" && g.Why == "" {
				t.Errorf("%s: %s was not measured, and nothing says why", s.Name, g.What)
			}
		}
	}
	if !slices.Equal(names, benchmark.Names()) {
		t.Errorf("the sections are %q, want %q", names, benchmark.Names())
	}
	if left, err := filepath.Glob(filepath.Join(cache, "run-*")); err != nil || len(left) > 0 {
		t.Errorf("the run left %q (%v)", left, err)
	}
}

// TestAPeerThatStoredSomethingElseIsFound tampers with each peer's tables.
func TestAPeerThatStoredSomethingElseIsFound(t *testing.T) {
	t.Parallel()
	const cases, commands = 3, 21
	lost := map[string]string{"crud": "delete from history where version = 7", "events": "delete from events where version = 3", "library": "delete from events where version = 3", "counters": "update counters set cases = cases + 1 where cases = 1"}
	for _, p := range benchmark.PeerNames {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			play, stored, tamper, end, err := benchmark.Peer(t.Context(), pgtest.New(t), p.Key)
			if err != nil {
				t.Fatal(err)
			}
			defer end()
			if err := play(cases); err != nil {
				t.Fatal(err)
			}
			if n, err := stored(); n != commands || err != nil {
				t.Errorf("%d commands are stored (%v), want %d", n, err, commands)
			}
			if err := tamper(lost[p.Key]); err != nil {
				t.Fatal(err)
			}
			if n, err := stored(); err == nil {
				t.Errorf("%d commands are said to be stored, though the tables were changed", n)
			}
		})
	}
}

func TestAPeerRefusesACommandThatItsStateDoesNotAllow(t *testing.T) {
	t.Parallel()
	for _, p := range benchmark.PeerNames {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			dsn := pgtest.New(t)
			_, _, _, end, err := benchmark.Peer(t.Context(), dsn, p.Key)
			if err != nil {
				t.Fatal(err)
			}
			end()
			refused, err := benchmark.Again(t.Context(), dsn, p.Key)
			if err != nil {
				t.Fatal(err)
			}
			if refused[0] == nil || refused[1] == nil {
				t.Errorf("created twice: %v; inspected twice: %v", refused[0], refused[1])
			}
		})
	}
}

func TestAlwaysAQuantileIsAtMostFivePercentAboveTheTruth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		micros := rapid.SliceOfN(rapid.Int64Range(1, 1_000_000_000), 1, 200).Draw(t, "durations")
		q := rapid.Float64Range(0.01, 1).Draw(t, "quantile")
		all := make([]time.Duration, len(micros))
		for i, n := range micros {
			all[i] = time.Duration(n) * time.Microsecond
		}
		slices.Sort(all)
		rank := int(q * float64(len(all)))
		if float64(rank) < q*float64(len(all)) {
			rank++
		}
		truth := all[rank-1]
		got := benchmark.Quantile(all, q)
		if float64(got) < float64(truth)*0.999 || float64(got) > float64(truth)*1.051 {
			t.Fatalf("quantile %v of %v is %v, the histogram says %v", q, all, truth, got)
		}
	})
}

// TestTheCPUTimeOfAProcessHoldsThatOfItsChildren: a shell whose child works.
func TestTheCPUTimeOfAProcessHoldsThatOfItsChildren(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("sh", "-c", "sh -c 'while :; do :; done' & echo; wait")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	cmd.SysProcAttr = ownGroup()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		endGroup(cmd.Process.Pid)
		_ = cmd.Wait() // it was killed
	}()
	for deadline := time.Now().Add(time.Minute); ; <-time.After(20 * time.Millisecond) {
		used, err := benchmark.TreeCPU(cmd.Process.Pid)
		if err != nil {
			t.Fatal(err)
		}
		if used >= 50*time.Millisecond {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("a minute of work is %v of CPU time", used)
		}
	}
}

// TestAReportsTextIsShortVariedAndAlwaysTheSame: 10 to 30 characters, hardly two alike.
func TestAReportsTextIsShortVariedAndAlwaysTheSame(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for n := range uint64(2000) {
		text := benchmark.Described(n)
		if length := utf8.RuneCountInString(text); length < 10 || length > 30 || text != benchmark.Described(n) {
			t.Fatalf("report %d says %q, then %q", n, text, benchmark.Described(n))
		}
		seen[text] = true
	}
	if len(seen) < 1990 {
		t.Errorf("2,000 reports have %d texts", len(seen))
	}
}
