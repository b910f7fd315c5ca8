package live

import (
	"context"
	"maps"
	"slices"

	"go.uber.org/zap"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
)

// tellAll tells what was gathered, turn by turn.
func (d *district) tellAll(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-d.wake:
		}
		if !pause(ctx, d.hub.o.Gather) {
			return ctx.Err()
		}
		if err := d.turn(ctx); err != nil {
			return err
		}
	}
}

// turn tells everybody what was gathered, once the views hold it. While they don't, more gathers.
func (d *district) turn(ctx context.Context) error {
	news := d.taken()
	for !d.hub.o.Views.Reached(ctx, d.code, news.upTo.positions(d.code)) {
		if !pause(ctx, d.hub.o.Gather) {
			return ctx.Err()
		}
	}
	for {
		told, err := d.prepare(ctx, &news)
		if err == nil {
			d.spread(&news, told)
			return nil
		}
		d.hub.o.Logger.Warn("the views can't be asked for live streams", zap.String("district", d.code), zap.Error(err))
		if !pause(ctx, again) {
			return ctx.Err()
		}
	}
}

// taken is what was gathered up to now.
func (d *district) taken() changes {
	d.mu.Lock()
	defer d.mu.Unlock()
	news := d.gathered
	news.upTo = maps.Clone(d.read)
	d.gathered = changes{}
	return news
}

// turned is what the views make of a turn's changes.
type turned struct {
	cases  []news
	counts []counted
	queues map[string][]string // by case; nil where nobody watches a queue
}

// counted is the message of an area's counts.
type counted struct {
	area string
	news
}

// prepare asks the views for what somebody wants to know.
func (d *district) prepare(ctx context.Context, c *changes) (t turned, err error) {
	areas, queues := d.wanted()
	if areas {
		if t, err = d.ofAreas(ctx, c); err != nil {
			return t, err
		}
	}
	if queues && len(c.order) > 0 {
		t.queues, err = d.hub.o.Views.Waiting(ctx, d.code, c.cases())
	}
	return t, err
}

// ofAreas are the changes as watchers of areas hear them.
func (d *district) ofAreas(ctx context.Context, c *changes) (t turned, err error) {
	for _, k := range c.order {
		if k.moved && k.left == nil {
			if k.left, err = d.whence(ctx, k); err != nil {
				return t, err
			}
		}
		t.cases = append(t.cases, news{"case " + k.caseID, k.message()})
	}
	t.counts, err = d.counts(ctx, c.grids())
	return t, err
}

// whence are the unit grids in which a case that was moved lay before.
func (d *district) whence(ctx context.Context, k *change) (grids []string, err error) {
	events, err := d.hub.o.Log.Load(ctx, eventstore.Case{District: d.code, Year: k.position.Year, ID: k.caseID}, 0, 0, "")
	for i := range events {
		if g := events[i].Grid; g != k.grid && !slices.Contains(grids, g) {
			grids = append(grids, g)
		}
	}
	return grids, err
}

// counts are the messages of the areas in which something changed.
func (d *district) counts(ctx context.Context, grids []string) ([]counted, error) {
	if len(grids) == 0 {
		return nil, nil
	}
	found, err := d.hub.o.Views.Counts(ctx, d.code, grids)
	if err != nil {
		return nil, err
	}
	all := make([]counted, len(found))
	for i, g := range found {
		all[i] = counted{g.GetCode(), news{"grid " + g.GetCode(), encode(Grid, &gridcasev1.LiveGrid{Grid: g})}}
	}
	return all, nil
}

// wanted tells whether anybody watches areas, and queues.
func (d *district) wanted() (areas, queues bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for w := range d.watchers {
		areas, queues = areas || w.w.Queue == "", queues || w.w.Queue != ""
	}
	return areas, queues
}

// spread hands a turn to the watchers.
func (d *district) spread(c *changes, t turned) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shown = c.upTo
	at, areas, queues := d.shown.text(d.code), d.byArea(c, t), d.move(c, t.queues)
	for w := range d.watchers {
		switch {
		case c.lost:
			w.restart(d.reset(), at)
		case w.w.Queue != "":
			w.tell(queues[w.w.Queue], at)
		default:
			w.tell(areas[w.w.subject()], at)
		}
	}
}

// subject is an area as one kind of watchers hears of it.
type subject struct {
	area  string
	cases bool
}

func (w Watching) subject() subject { return subject{w.Area, w.Cases} }

// byArea are a turn's news of the areas that are watched. The lock is held.
func (d *district) byArea(c *changes, t turned) map[subject][]news {
	lengths := map[int]bool{}
	for w := range d.watchers {
		lengths[len(w.w.Area)] = true
	}
	return newsOf(c, t, slices.Collect(maps.Keys(lengths)))
}

// newsOf are a turn's news of all areas whose codes are of these lengths.
func newsOf(c *changes, t turned, lengths []int) map[subject][]news {
	all := map[subject][]news{}
	add := func(code string, n news, of ...bool) {
		for _, l := range lengths {
			for _, cases := range of {
				if l <= len(code) {
					s := subject{code[:l], cases}
					all[s] = append(all[s], n)
				}
			}
		}
	}
	for i, n := range t.cases {
		for _, grid := range c.order[i].grids() {
			add(grid, n, true)
		}
	}
	for _, n := range t.counts {
		add(n.area, n.news, true, false)
	}
	return all
}

// move moves the changed cases on the board and returns the news of each queue. The lock is held.
func (d *district) move(c *changes, now map[string][]string) map[string][]news {
	if d.board == nil || now == nil {
		return nil
	}
	byQueue := map[string][]news{}
	for _, k := range c.order {
		was, is := d.board[k.caseID], now[k.caseID]
		for _, queue := range was {
			if !slices.Contains(is, queue) {
				byQueue[queue] = append(byQueue[queue], ofQueue(queue, k.caseID, false))
			}
		}
		for _, queue := range is {
			byQueue[queue] = append(byQueue[queue], ofQueue(queue, k.caseID, true))
		}
		if d.board[k.caseID] = is; len(is) == 0 {
			delete(d.board, k.caseID)
		}
	}
	return byQueue
}

func ofQueue(queue, caseID string, waits bool) news {
	return news{"case " + caseID, encode(Queue, &gridcasev1.LiveQueue{Queue: queue, CaseId: caseID, Waits: waits})}
}

// reset is the message that tells to read the state, as of now at least. The lock is held.
func (d *district) reset() news {
	return news{"reset", encode(Reset, &gridcasev1.LiveReset{Positions: d.shown.names(d.code)})}
}
