package whatif

// Open is how many cases a study remembers.
func (s *Study) Open() int { return len(s.open) }
