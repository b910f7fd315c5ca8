package access_test

import (
	"testing"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/natsd/natstest"
	"github.com/gridcase/gridcase/pkg/reference"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

// TestNobodyIsTurnedAwayByAServerThatDoesNotKnowItsUsersYet: a client that is told that its token is not valid throws it away.
func TestNobodyIsTurnedAwayByAServerThatDoesNotKnowItsUsersYet(t *testing.T) {
	t.Parallel()
	log, err := eventstore.New(eventstore.Options{Conn: natstest.Connect(t, natstest.Node(t))})
	if err != nil {
		t.Fatal(err)
	}
	a := access.New(reference.New(log), referencetest.OperatorToken) // it reads nothing before it runs
	_, err = a.Authenticate(referencetest.Token("acceptor"))
	if f := fault.Of(err); err == nil || f.Kind != fault.Unavailable || f.Code != "access.away" || f.After == 0 {
		t.Errorf("a user of a server that has just started: %v, want unavailable with a time to come again", err)
	}
	if _, err := a.Authenticate(referencetest.OperatorToken); err != nil {
		t.Errorf("the operator: %v", err)
	}
}
