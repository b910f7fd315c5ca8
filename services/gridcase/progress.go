package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// progressBar shows how far something is: on a terminal one line that is drawn anew, elsewhere a line now and then.
type progressBar struct {
	to    *os.File
	every time.Duration // how often there is a line elsewhere; for each tenth where 0
	last  time.Time     // when there was one
	drawn bool
	tenth int
	pace  pace
}

const barWidth = 30

// draw shows how far a generation is, first in being sorted, then in being filled, and how long the one or the other will still take.
func (b *progressBar) draw(g *gridcasev1.Generation) {
	part, events := g.GetView(), g.GetEvents()
	if n := sorted(g); n > 0 {
		part, events = part+" is sorted", events+n
	}
	line, done := barLine(part, events, g.GetTotal())
	b.show(line+b.pace.left(part, events, g.GetTotal(), time.Now()), done)
}

// leastSeen is for how long something must be seen before its pace is told.
const leastSeen = 500 * time.Millisecond

// pace is how fast a part of some work goes, by what was seen of it.
type pace struct {
	part  string
	since time.Time // when this part was seen first
	from  uint64    // how far it was then
	last  uint64    // how far it was seen last
}

// left is how fast a part goes and how long it will still take; empty while too little was seen of it.
func (p *pace) left(part string, done, total uint64, now time.Time) string {
	if p.part != part || done < p.last {
		*p = pace{part: part, since: now, from: done}
	}
	p.last = done
	if done == p.from || done > total || now.Sub(p.since) < leastSeen {
		return ""
	}
	rate := float64(done-p.from) / now.Sub(p.since).Seconds()
	return fmt.Sprintf("  %.0f/s  %v left", rate, time.Duration(float64(total-done)/rate*float64(time.Second)).Round(time.Second))
}

// show shows a line, and which part of it all is done.
func (b *progressBar) show(line string, done float64) {
	if info, err := b.to.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		fmt.Fprintf(b.to, "\r%s\x1b[K", line)
		b.drawn = true
		return
	}
	if b.due(done) {
		fmt.Fprintln(b.to, line)
	}
}

// due tells whether it is time for another line.
func (b *progressBar) due(done float64) bool {
	if b.every == 0 {
		before := b.tenth
		b.tenth = int(done * 10)
		return b.tenth != before
	}
	if time.Since(b.last) < b.every {
		return false
	}
	b.last = time.Now()
	return true
}

// end leaves the line.
func (b *progressBar) end() {
	if b.drawn {
		fmt.Fprintln(b.to)
		b.drawn = false
	}
}

// clear takes the line away, so that something else can be printed there.
func (b *progressBar) clear() {
	if b.drawn {
		fmt.Fprint(b.to, "\r\x1b[K")
		b.drawn = false
	}
}

// sorted is how many events were read that are sorted by case before a generation folds them.
func sorted(g *gridcasev1.Generation) (events uint64) {
	for _, s := range g.GetStreams() {
		events += s.GetSorted()
	}
	return events
}

// barLine is the bar of what has come to so many events, and which part of it is done.
func barLine(name string, events, total uint64) (line string, done float64) {
	done = 1
	if total > 0 {
		done = float64(events) / float64(total)
	}
	full := int(done * barWidth)
	return fmt.Sprintf("%s [%s%s] %3.0f %%  %d / %d events", name, strings.Repeat("#", full), strings.Repeat(".", barWidth-full), done*100, events, total), done
}
