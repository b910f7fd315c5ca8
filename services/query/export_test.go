package query

// Named is what a period's name means, for the tests.
var Named = named

// Turn takes the turn at comparing, for the tests.
func (s *Service) Turn() (end func(), err error) { return s.turn() }

// Fold computes figures from what their view holds, for the tests.
var Fold = fold
