package query_test

import (
	"testing"

	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/services/query"
)

// TestOnePeriodIsComparedAtATime: who comes second is told to come back, and has the turn when the first is done.
func TestOnePeriodIsComparedAtATime(t *testing.T) {
	t.Parallel()
	s := query.New(query.Options{})
	end, err := s.Turn()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Turn(); fault.KindOf(err) != fault.Unavailable || fault.Of(err).Code != "whatif.busy" || fault.Of(err).After <= 0 {
		t.Errorf("the second: %v", err)
	}
	end()
	if _, err := s.Turn(); err != nil {
		t.Errorf("the third, when the first is done: %v", err)
	}
}
