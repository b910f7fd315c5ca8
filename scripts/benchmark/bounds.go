package main

import (
	"fmt"
	"runtime"
)

// beside says what one contestant comes to by another one, and what that tells; nothing where one of them was not measured.
func beside(o []outcome, what, by, meaning string) []string {
	rate, ok := ratio(o, what, by, (*sample).rate)
	if !ok {
		return nil
	}
	cost, _ := ratio(o, what, by, (*sample).cost)
	return []string{fmt.Sprintf("%s by %s: %s of its rate, %s of its CPU; %s", what, by, number(rate), number(cost), meaning)}
}

// writeBounds say how near what evidence, idempotency and the rules demand of any write side comes to what the targets are by, and how near
// gridcase comes to that.
func writeBounds(o []outcome) (notes []string) {
	const evidence, rules = "what evidence and idempotency leave", "what the rules leave, too"
	spread := over(durabilities[1])
	for _, c := range []struct{ how, spot, ruled string }{
		{"relaxed", spotPublish, ruledPublish}, {"strict", spotBatches, ruledBatches}, {spread, spotPublish, ""}, {trioStrict.name, spotBatches, ruledBatches},
	} {
		notes = append(notes, beside(o, named(c.spot, c.how), named(rawPublish, c.how), evidence)...)
		notes = append(notes, beside(o, named(c.ruled, c.how), named(rawPublish, c.how), rules)...)
		notes = append(notes, beside(o, named(gridcase, c.how), named(c.spot, c.how), "what rights, rules and cache cost")...)
		notes = append(notes, beside(o, named(gridcase, c.how), named(c.ruled, c.how), "what rights and cache cost")...)
	}
	for _, peer := range []string{tunedCRUD, goLibrary} {
		notes = append(notes, beside(o, named(ruledPublish, "relaxed"), named(peer, "relaxed"), rules)...)
	}
	return append(notes, beside(o, named(spotPublish, spread), named(tunedCRUD, "strict"), evidence)...)
}

// projectorBounds say what the rows alone leave.
func projectorBounds(o []outcome) []string {
	return append(beside(o, fourAlone, oneByOne, "what their rows leave"), beside(o, copyAlone, consumeOnly, "what the rows of all views leave")...)
}

// keepCosts remembers what floors cost, in CPU seconds per 1,000, for the sections behind theirs.
func (b *bench) keepCosts(o []outcome, names ...string) {
	for _, name := range names {
		if found := find(o, name); found != nil && len(found.samples) > 0 {
			b.costs[name] = found.figure((*sample).cost)
		}
	}
}

// httpBounds add up what the parts of a command cost: HTTP and the event each by itself, and what PostgreSQL took of gridcase's, which is the views'
// rows and the vault. Rights, the check of what came in, the process managers, and all of the projector but the rows are not among them. It is an
// estimate: making the command is in two of the parts. It needs the floors of the section write.
func (b *bench) httpBounds(o []outcome) (notes []string) {
	b.keepCosts(o, httpNothing)
	spread := over(durabilities[1])
	for _, c := range []struct{ how, event, peers string }{
		{"relaxed", named(ruledPublish, "relaxed"), "relaxed"}, {"strict", named(ruledBatches, "strict"), "strict"}, {spread, named(spotPublish, spread), "strict"},
	} {
		ours, event := find(o, named(gridcase, c.how)), b.costs[c.event]
		if ours == nil || event == 0 {
			continue
		}
		rows := ours.figure((*sample).postgresCost)
		cost := b.costs[httpNothing] + event + rows
		rate := 1000 * float64(runtime.NumCPU()) / cost
		note := fmt.Sprintf("%s: %s %s + %s %s + PostgreSQL's part %s = %s, so some %s a second at most on %d processors", c.how,
			httpNothing, number(b.costs[httpNothing]), c.event, number(event), number(rows), number(cost), number(rate), runtime.NumCPU())
		for _, peer := range []string{counterCRUD, tunedCRUD} {
			if p := find(o, named(peer, c.peers)); p != nil {
				note += fmt.Sprintf("; by %s %s of its rate, %s of its CPU", peer, number(rate/p.figure((*sample).rate)), number(cost/p.figure((*sample).cost)))
			}
		}
		notes = append(notes, note)
	}
	if len(notes) == 0 {
		notes = []string{"no sum of the parts: it takes the floors of the section write, which was not measured in this run"}
	}
	return notes
}
