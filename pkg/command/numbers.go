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
// always; a process that ends leaves a gap.
type numbers struct {
	log Log

	mu     sync.Mutex
	blocks map[string]*leased // by district and day
}

// leased is one counter's block in hand.
type leased struct {
	mu        sync.Mutex
	next, end uint64
}

func newNumbers(log Log) *numbers { return &numbers{log: log, blocks: map[string]*leased{}} }

// next returns a number of a district for a day that nobody else gets.
func (n *numbers) next(ctx context.Context, district string, day time.Time) (string, error) {
	date := day.Format("20060102")
	b := n.block(district + "." + date)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next == b.end {
		first, err := n.log.LeaseNumbers(ctx, district+"."+date, block)
		if err != nil {
			return "", err
		}
		b.next, b.end = first, first+block
	}
	number := fmt.Sprintf("%s%s%05d", district, date, b.next)
	b.next++
	return number, nil
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
