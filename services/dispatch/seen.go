package dispatch

import "sync"

// remembered is how many cases' versions are kept before all are forgotten: the memory only spares a stale word on a clock.
const remembered = 100_000

// versions are the newest events that timers were set by, in this process.
type versions struct {
	mu   sync.Mutex
	last map[string]uint64
}

func (v *versions) of(caseID string) uint64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.last[caseID]
}

func (v *versions) now(caseID string, version uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.last == nil || len(v.last) >= remembered {
		v.last = map[string]uint64{}
	}
	v.last[caseID] = max(v.last[caseID], version)
}

// settled are the commands that a sweep has sent and need not send again as long as the view shows their cause: done, or refused.
type settled struct{ before, now map[string]bool }

// begin starts a sweep: what the last one did not meet again is forgotten.
func (s *settled) begin() { s.before, s.now = s.now, map[string]bool{} }

// has tells whether a command is settled, and keeps it.
func (s *settled) has(id string) bool {
	if s.before[id] {
		s.now[id] = true
	}
	return s.now[id]
}

func (s *settled) add(id string) { s.now[id] = true }
