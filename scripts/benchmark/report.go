package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// The verdicts on a target.
const (
	met         = "ok"
	missed      = "MISSED"
	notMeasured = "not measured"
)

// report is everything that a run found.
type report struct {
	Machine  machine   `json:"machine"`
	Date     time.Time `json:"date"`
	Rounds   int       `json:"rounds"`
	Quick    bool      `json:"quick"`
	Sections []section `json:"sections"`
}

// section is one table: what was measured, and the targets beside.
type section struct {
	Name    string   `json:"name"`
	Title   string   `json:"title"`
	Rows    []row    `json:"rows"`
	Targets []target `json:"targets"`
	Notes   []string `json:"notes,omitempty"`
}

// row is one line of figures.
type row struct {
	Name  string `json:"name"`
	Cells []cell `json:"cells"`
}

// cell is one figure; the label heads its column.
type cell struct {
	Label string  `json:"label"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit,omitempty"`
}

// target is what a figure must reach.
type target struct {
	What     string  `json:"what"`
	Bound    float64 `json:"bound"`
	AtMost   bool    `json:"at_most"` // else at least
	Unit     string  `json:"unit,omitempty"`
	Measured float64 `json:"measured"`
	Verdict  string  `json:"verdict"`
	Why      string  `json:"why,omitempty"` // why it is not measured
}

func atLeast(what string, bound float64, unit string) target {
	return target{What: what, Bound: bound, Unit: unit, Verdict: notMeasured}
}

func atMost(what string, bound float64, unit string) target {
	return target{What: what, Bound: bound, AtMost: true, Unit: unit, Verdict: notMeasured}
}

// judge sets a measured figure beside the bound.
func (t target) judge(measured float64) target {
	t.Measured, t.Verdict = measured, missed
	if t.AtMost && measured <= t.Bound || !t.AtMost && measured >= t.Bound {
		t.Verdict = met
	}
	return t
}

// judgeRatio judges one contestant's figure by another's.
func (t target) judgeRatio(outcomes []outcome, of, by string, figure func(*sample) float64) target {
	if r, ok := ratio(outcomes, of, by, figure); ok {
		return t.judge(r)
	}
	return t
}

func (t target) because(why string) target {
	t.Why = why
	return t
}

// part is what some of the processes have of the CPU time.
type part struct {
	label  string
	figure func(*sample) float64
}

// add puts the outcomes of a comparison into the table, and how the CPU time divides; where nothing is said, what other processes have of it.
func (s *section) add(outcomes []outcome, parts ...part) {
	if len(parts) == 0 {
		parts = []part{{"of other processes", (*sample).othersCost}}
	}
	for i := range outcomes {
		o := &outcomes[i]
		cells := []cell{{"per second", o.figure((*sample).rate), ""}, {"CPU s per 1,000", o.figure((*sample).cost), ""}}
		for _, p := range parts {
			cells = append(cells, cell{p.label, o.figure(p.figure), ""})
		}
		if len(o.samples) > 0 && o.samples[0].latency.count > 0 {
			cells = append(cells, cell{"p50", milliseconds(o.quantile(0.5)), "ms"}, cell{"p99", milliseconds(o.quantile(0.99)), "ms"})
		}
		s.Rows = append(s.Rows, row{o.name, cells})
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// print writes the table as people read it.
func (s *section) print(w io.Writer) {
	fmt.Fprintf(w, "\n%s\n", s.Title)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	header := ""
	for _, r := range s.Rows {
		labels, values := "", ""
		for _, c := range r.Cells {
			labels += "\t" + c.Label
			values += "\t" + strings.TrimSpace(number(c.Value)+" "+c.Unit)
		}
		if labels != header {
			fmt.Fprintf(t, "  %s\n", labels)
			header = labels
		}
		fmt.Fprintf(t, "  %s%s\n", r.Name, values)
	}
	_ = t.Flush() // w's errors show at its end
	for _, g := range s.Targets {
		g.print(t)
	}
	_ = t.Flush()
	for _, n := range s.Notes {
		fmt.Fprintf(w, "  %s\n", n)
	}
}

func (t target) print(w io.Writer) {
	sign, measured := "≥", number(t.Measured)
	if t.AtMost {
		sign = "≤"
	}
	if t.Verdict == notMeasured {
		measured = "-"
	}
	fmt.Fprintf(w, "  %s\t%s\ttarget %s %s\t%s", t.What, measured, sign, strings.TrimSpace(number(t.Bound)+" "+t.Unit), t.Verdict)
	if t.Why != "" {
		fmt.Fprintf(w, ": %s", t.Why)
	}
	fmt.Fprintln(w)
}

// number is a figure with three digits that count, thousands with a comma.
func number(f float64) string {
	if f < 100 && f > -100 {
		return strconv.FormatFloat(f, 'g', 3, 64)
	}
	text := strconv.FormatFloat(f, 'f', 0, 64)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// write keeps the report as JSON.
func (r *report) write(file string) error {
	b, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(b, '\n'), 0o644)
}
