package eventstore

import "sync"

// parkingLot names the messages that failed again and again in this process. They lie in the broker; what is here is only counted.
type parkingLot struct {
	mu sync.Mutex
	in map[string]bool
}

func (p *parkingLot) enter(at string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.in == nil {
		p.in = map[string]bool{}
	}
	p.in[at] = true
}

func (p *parkingLot) leave(at string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.in, at)
}

func (p *parkingLot) size() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.in)
}
