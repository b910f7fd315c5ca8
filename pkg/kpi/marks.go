package kpi

import (
	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// part is one part of a mark.
type part struct {
	figure string  // a definition's name; empty: the volume
	weight float64 // all of a mark's parts add up to 100
	bands  []band
}

// band is what a volume is worth, of 1.
type band struct{ above, worth float64 }

// Marks, by the weights of a municipal platform whose composition is public; where its code adds what it should take away, counts one figure
// twice, or counts a volume without bands, the meaning of the figures decides.
var (
	// departmentMark: few cases are worth more, since each is one too many.
	departmentMark = []part{{weight: 10, bands: []band{{1000, 0}, {500, 0.4}, {200, 0.6}, {100, 0.75}, {50, 0.9}, {0, 1}}}, {figure: "close_rate", weight: 30},
		{figure: "handle_on_time", weight: 30}, {figure: "rework_rate", weight: 30}}
	// gridMark is a department's without the volume, which is no merit of a place.
	gridMark   = departmentMark[1:]
	workerMark = []part{{figure: "report_valid_rate", weight: 40}, {figure: "missed_report_rate", weight: 20}, {figure: "verify_on_time", weight: 20}, {figure: "inspect_on_time", weight: 20}}
	// The bands of desks between the highest and the lowest are not published: unverified.
	deskBands     = []band{{2000, 1}, {1000, 0.85}, {500, 0.7}, {200, 0.55}, {100, 0.4}, {0, 0.25}}
	positionMarks = map[string][]part{
		acceptor:    {{weight: 25, bands: deskBands}, {figure: "send_verification_on_time", weight: 40}, {figure: "send_inspection_on_time", weight: 35}},
		shiftLeader: {{figure: "file_on_time", weight: 25}, {figure: "file_accuracy", weight: 40}, {figure: "close_desk_on_time", weight: 35}},
		dispatcher:  {{weight: 20, bands: deskBands}, {figure: "dispatch_on_time", weight: 40}, {figure: "dispatch_accuracy", weight: 40}},
	}
)

// volumes name the figure whose denominator is the volume of a position.
var volumes = map[string]string{acceptor: "send_inspection_on_time", dispatcher: "dispatch_on_time"}

// mark gives a group its mark, of 100, and its grade. A part that has no value is left out and the others weigh more; a group in which
// nothing but a volume has a value is not marked.
func (c *Collector) mark(g *gridcasev1.KpiGroup, n counts) {
	parts, volume := c.parts(g.GetId())
	var sum, weight float64
	judged := false
	for _, p := range parts {
		worth, ok := n.worth(p, volume)
		if !ok {
			continue
		}
		sum, weight = sum+p.weight*worth, weight+p.weight
		judged = judged || p.figure != ""
	}
	if !judged {
		return
	}
	mark := 100 * sum / weight
	g.Mark, g.Grade = &mark, grade(mark)
}

func (c *Collector) parts(id string) (parts []part, volume string) {
	switch c.o.By {
	case Department:
		return departmentMark, "handle_rate"
	case Grid:
		return gridMark, ""
	case Worker:
		return workerMark, ""
	case Position:
		return positionMarks[id], volumes[id]
	}
	return nil, ""
}

// worth is what a part is worth, of 1. More reworks than closings, as a narrow period may have them, are worth nothing, not less.
func (n counts) worth(p part, volume string) (worth float64, ok bool) {
	if p.figure == "" {
		cases := n.tally(volume).denominator
		for _, b := range p.bands {
			if cases > b.above {
				return b.worth, true
			}
		}
		return 0, false
	}
	for i := range Definitions {
		d := &Definitions[i]
		if d.Name != p.figure {
			continue
		}
		numerator, denominator := n.figure(d)
		if denominator == 0 {
			return 0, false
		}
		value := min(max(numerator/denominator, 0), 1)
		if d.Cost {
			value = 1 - value
		}
		return value, true
	}
	return 0, false
}

// grade is A from 90 on, B from 75, C from 60, D from 40, else E.
func grade(mark float64) string {
	for _, g := range []struct {
		from float64
		name string
	}{{90, "A"}, {75, "B"}, {60, "C"}, {40, "D"}} {
		if mark >= g.from {
			return g.name
		}
	}
	return "E"
}
