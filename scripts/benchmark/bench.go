package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// bench is one run: its settings, and where it works.
type bench struct {
	args    []string // those that it was started with
	rounds  int
	window  time.Duration // what is measured of one contestant in one round
	clients int
	pool    int // a peer's connections
	cases   int // of the large log
	small   int // of the log for the projector, and of the small one for the reads
	open    int // the cases of a log that are in flight
	rebuilt int // of the log whose rebuild's memory is measured
	quick   bool
	only    []string
	json    string
	cache   string
	binary  string
	profile string

	dir   string             // of this run; removed at its end
	costs map[string]float64 // CPU seconds per 1,000 of floors, for the sections behind theirs
	begun time.Time
	err   io.Writer
}

// parse reads the flags.
func parse(args []string, errOut io.Writer) (*bench, error) {
	b := &bench{args: args, err: errOut, begun: time.Now(), costs: map[string]float64{}}
	f := flag.NewFlagSet("scripts/bench", flag.ContinueOnError)
	f.SetOutput(errOut)
	f.IntVar(&b.rounds, "rounds", 5, "rounds of each comparison; the figures are medians over them")
	f.DurationVar(&b.window, "window", 5*time.Second, "what is measured of one contestant in one round")
	f.IntVar(&b.clients, "clients", 64, "concurrent clients")
	f.IntVar(&b.pool, "pool", 64, "connections of a peer on PostgreSQL")
	f.IntVar(&b.cases, "cases", 1_000_000, "cases of the large log, made once and kept")
	f.IntVar(&b.small, "small", 40_000, "cases of the small log: the projector's, and the other one of the reads")
	f.IntVar(&b.open, "open", 20_000, "cases of a log that are in flight")
	f.IntVar(&b.rebuilt, "rebuilt", 0, "cases of the log whose rebuild's memory is measured; 0: as --small, the target is for 1000000")
	f.BoolVar(&b.quick, "quick", false, "small sizes: less than 3 minutes, figures that only show the way")
	only := f.String("only", "", "sections, separated by commas: "+strings.Join(names(), ", "))
	f.StringVar(&b.json, "json", "", "file that gets the report as JSON too")
	f.StringVar(&b.cache, "cache", "", "directory of the logs that are kept; where empty, gridcase-bench in XDG_CACHE_HOME, as root in /var/cache")
	f.StringVar(&b.binary, "binary", "bin/gridcase", "the product, as scripts/build leaves it")
	f.StringVar(&b.profile, "profile", "", "directory that gets CPU profiles of the last round, and a listing of each where go is there")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if *only != "" {
		b.only = strings.Split(*only, ",")
	}
	if b.quick {
		given := map[string]bool{}
		f.Visit(func(set *flag.Flag) { given[set.Name] = true })
		b.shrink(given)
	}
	return b, b.complete(f.Args())
}

// shrink takes the small sizes where others are not given.
func (b *bench) shrink(given map[string]bool) {
	for _, s := range []struct {
		name string
		set  func()
	}{
		{"rounds", func() { b.rounds = 1 }}, {"window", func() { b.window = 250 * time.Millisecond }},
		{"cases", func() { b.cases = 1_500 }}, {"small", func() { b.small = 1_500 }}, {"open", func() { b.open = 800 }},
	} {
		if !given[s.name] {
			s.set()
		}
	}
}

// complete checks the settings and fills in what depends on others.
func (b *bench) complete(rest []string) (err error) {
	if len(rest) > 0 {
		return fmt.Errorf("%q is no flag", rest[0])
	}
	for _, name := range b.only {
		if !slices.Contains(names(), name) {
			return fmt.Errorf("there is no section %q; there are %s", name, strings.Join(names(), ", "))
		}
	}
	if b.rounds < 1 || b.window <= 0 || b.clients < 1 || b.pool < 1 || b.open < 1 || b.small <= b.open || b.cases < b.small {
		return errors.New("rounds, window, clients, pool and open are above 0, small is more than open, cases not less than small")
	}
	b.rebuilt = cmp.Or(b.rebuilt, b.small)
	if b.rebuilt <= b.open {
		return errors.New("rebuilt is more than open")
	}
	if b.cache == "" {
		home, err := cacheHome()
		if err != nil {
			return fmt.Errorf("find the cache directory: %w", err)
		}
		b.cache = filepath.Join(home, "gridcase-bench")
	}
	for _, p := range []*string{&b.cache, &b.binary} {
		if *p, err = filepath.Abs(*p); err != nil {
			return err
		}
	}
	if b.profile != "" {
		return os.MkdirAll(b.profile, 0o755)
	}
	return nil
}

// cacheHome is where caches are. Root's own is closed to the database's user.
func cacheHome() (string, error) {
	if os.Getuid() == 0 && os.Getenv("XDG_CACHE_HOME") == "" {
		return "/var/cache", nil
	}
	return os.UserCacheDir()
}

// sections are the tables in their order.
var sections = []struct {
	name string
	run  func(*bench, context.Context) (*section, error)
}{
	{"write", (*bench).write},
	{"rivals", (*bench).rivals},
	{"http", (*bench).http},
	{"projector", (*bench).projector},
	{"lag", (*bench).lag},
	{"reads", (*bench).queries},
	{"live", (*bench).live},
	{"memory", (*bench).memory},
	{"start", (*bench).start},
}

func names() []string {
	all := make([]string, len(sections))
	for i, s := range sections {
		all[i] = s.name
	}
	return all
}

// run measures the sections that were asked for, and prints each as soon as it is there.
func (b *bench) run(ctx context.Context, out io.Writer) error {
	if err := os.MkdirAll(b.cache, 0o755); err != nil {
		return fmt.Errorf("make the cache directory: %w", err)
	}
	if !b.quick && !isApart() { // who measures for another one works in the room that was there before that one's run
		if err := hasRoom(b.cache); err != nil {
			return err
		}
	}
	var err error
	if b.dir, err = os.MkdirTemp(b.cache, "run-"); err != nil {
		return fmt.Errorf("make the run's directory: %w", err)
	}
	defer func() { _ = os.RemoveAll(b.dir) }() // what stays is the cache's
	if err := os.Chmod(b.dir, 0o755); err != nil {
		return err // the database's user passes through
	}
	r := report{Machine: thisMachine(b.cache), Date: time.Now(), Rounds: b.rounds, Quick: b.quick}
	fmt.Fprintf(out, "%s\n%s, %d rounds of %v\n", r.Machine, r.Date.Format("2006-01-02 15:04"), b.rounds, b.window)
	for _, s := range sections {
		if len(b.only) > 0 && !slices.Contains(b.only, s.name) {
			continue
		}
		sec, err := s.run(b, ctx)
		if err != nil {
			return fmt.Errorf("section %s: %w", s.name, err)
		}
		sec.print(out)
		r.Sections = append(r.Sections, *sec)
	}
	if b.profile != "" {
		b.list(ctx)
	}
	if b.json != "" {
		return r.write(b.json)
	}
	return nil
}

// progress tells who waits what is going on, and for how long already.
func (b *bench) progress(format string, args ...any) {
	fmt.Fprintf(b.err, "%5.0f s  "+format+"\n", append([]any{time.Since(b.begun).Seconds()}, args...)...)
}

// stop ends a database of the benchmark.
func (b *bench) stop(db *database) {
	if err := db.Stop(); err != nil {
		b.progress("the database did not stop: %v", err)
	}
}
