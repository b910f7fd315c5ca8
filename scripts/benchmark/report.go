package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"
)

// group is contestants that do the same work.
type group struct {
	name, title string
	contestants []contestant
	targets     []target
}

type contestant struct {
	name string
	run  runner
}

// target is a ratio that is wanted: of rates, or of processor time per operation.
type target struct {
	name, of, over string
	cpu            bool
	least, most    float64 // the one that is not 0 holds
}

func groupNames() []string {
	var names []string
	for _, g := range groups {
		names = append(names, g.name)
	}
	return names
}

// median is the middle of a figure over the rounds.
func median(results []result, of func(result) float64) float64 {
	values := make([]float64, len(results))
	for i, r := range results {
		values[i] = of(r)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func rate(r result) float64 { return r.Ops / r.Seconds }

func cpu(r result) float64 { return 1000 * r.CPU / r.Ops }

// report prints a table a group, with the targets and whether they held.
func (o options) report(results map[string][]result, took time.Duration) {
	fmt.Printf("%s, %d processors, %s, %d rounds, %s\n", time.Now().Format(time.DateOnly), runtime.NumCPU(), runtime.Version(), o.Rounds, took.Round(time.Second))
	for _, g := range groups {
		if len(results[g.contestants[0].name]) == 0 {
			continue
		}
		fmt.Printf("\n%s\n", g.title)
		t := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', 0)
		fmt.Fprintln(t, "CONTESTANT\tA SECOND\tCPU S PER 1,000\tBESIDE")
		for _, c := range g.contestants {
			rs := results[c.name]
			fmt.Fprintf(t, "%s\t%.0f\t%.3f\t%s\n", c.name, median(rs, rate), median(rs, cpu), beside(rs))
		}
		_ = t.Flush()
		for _, want := range g.targets {
			fmt.Println(want.verdict(results))
		}
	}
}

// beside are the other figures, medians of the rounds.
func beside(rs []result) string {
	var names []string
	for name := range rs[0].Extra {
		names = append(names, name)
	}
	slices.Sort(names)
	text := ""
	for _, name := range names {
		text += fmt.Sprintf("%s %.1f  ", name, median(rs, func(r result) float64 { return r.Extra[name] }))
	}
	return text
}

// verdict is the ratio beside what is wanted.
func (w target) verdict(results map[string][]result) string {
	of := rate
	if w.cpu {
		of = cpu
	}
	ratio := median(results[w.of], of) / median(results[w.over], of)
	wanted, held := fmt.Sprintf("at least %.2f", w.least), ratio >= w.least
	if w.most > 0 {
		wanted, held = fmt.Sprintf("at most %.2f", w.most), ratio <= w.most
	}
	word := "ok    "
	if !held {
		word = "MISSED"
	}
	return fmt.Sprintf("%s  %s: %.2f, wanted %s", word, w.name, ratio, wanted)
}
