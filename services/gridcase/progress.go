package main

import (
	"fmt"
	"os"
	"strings"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// progressBar shows how far a rebuild is: on a terminal one line that is drawn anew, elsewhere a line for each tenth.
type progressBar struct {
	to    *os.File
	drawn bool
	tenth int
}

const barWidth = 30

// draw shows how far a generation is.
func (b *progressBar) draw(g *gridcasev1.Generation) {
	line, done := progressLine(g)
	if info, err := b.to.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		fmt.Fprintf(b.to, "\r%s\x1b[K", line)
		b.drawn = true
		return
	}
	if tenth := int(done * 10); tenth != b.tenth {
		b.tenth = tenth
		fmt.Fprintln(b.to, line)
	}
}

// end leaves the line.
func (b *progressBar) end() {
	if b.drawn {
		fmt.Fprintln(b.to)
		b.drawn = false
	}
}

// progressLine is the bar of a generation, and which part of it is done.
func progressLine(g *gridcasev1.Generation) (line string, done float64) {
	done = 1
	if g.GetTotal() > 0 {
		done = float64(g.GetEvents()) / float64(g.GetTotal())
	}
	full := int(done * barWidth)
	line = fmt.Sprintf("%s [%s%s] %3.0f %%  %d / %d events", g.GetView(), strings.Repeat("#", full), strings.Repeat(".", barWidth-full), done*100, g.GetEvents(), g.GetTotal())
	if g.GetEventsPerSecond() > 0 {
		line += fmt.Sprintf("  %s  %s left", rate(g), left(g))
	}
	return line, done
}
