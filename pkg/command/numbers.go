package command

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// block is how many case numbers are leased at once, so that a report costs one append.
const block = 100

// numbers gives out case numbers: region, day of registration in the district's zone, and a sequence of at least 5 digits. They are unique
// always. What a command was given that was refused before anything of it was sent to the log, another one gets. Else there may be a gap, as
// behind a process that ends.
type numbers struct {
	log Log

	mu     sync.Mutex
	blocks map[string]*leased // by district and day
}

// leased is one counter's block in hand.
type leased struct {
	mu        sync.Mutex
	next, end uint64
	returned  []number
}

// number is a case number and where it came from.
type number struct {
	text string
	from *leased
}

func newNumbers(log Log) *numbers { return &numbers{log: log, blocks: map[string]*leased{}} }

// next returns a number of a district for a day that nobody else has.
func (n *numbers) next(ctx context.Context, district string, day time.Time) (number, error) {
	date := day.Format("20060102")
	b := n.block(district + "." + date)
	b.mu.Lock()
	defer b.mu.Unlock()
	if last := len(b.returned) - 1; last >= 0 {
		found := b.returned[last]
		b.returned = b.returned[:last]
		return found, nil
	}
	if b.next == b.end {
		first, err := n.log.LeaseNumbers(ctx, district+"."+date, block)
		if err != nil {
			return number{}, err
		}
		b.next, b.end = first, first+block
	}
	b.next++
	return number{fmt.Sprintf("%s%s%05d", district, date, b.next-1), b}, nil
}

// giveBack takes numbers that no event has, nor ever will.
func giveBack(unused []number) {
	for _, n := range unused {
		n.from.mu.Lock()
		n.from.returned = append(n.from.returned, n)
		n.from.mu.Unlock()
	}
}

// block returns the counter's block; those of past days are forgotten when there are many: an import runs through years.
func (n *numbers) block(counter string) *leased {
	n.mu.Lock()
	defer n.mu.Unlock()
	b, ok := n.blocks[counter]
	if !ok {
		if len(n.blocks) >= 4096 {
			clear(n.blocks)
		}
		b = &leased{}
		n.blocks[counter] = b
	}
	return b
}
