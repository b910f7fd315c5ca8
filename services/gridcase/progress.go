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
}

const barWidth = 30

// draw shows how far a generation is.
func (b *progressBar) draw(g *gridcasev1.Generation) { b.show(progressLine(g)) }

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

// progressLine is the bar of a generation, and which part of it is done.
func progressLine(g *gridcasev1.Generation) (line string, done float64) {
	if n := sorted(g); n > 0 {
		return barLine(g.GetView()+" is sorted", g.GetEvents()+n, g.GetTotal())
	}
	line, done = barLine(g.GetView(), g.GetEvents(), g.GetTotal())
	if g.GetEventsPerSecond() > 0 {
		line += fmt.Sprintf("  %s  %s left", rate(g), left(g))
	}
	return line, done
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
