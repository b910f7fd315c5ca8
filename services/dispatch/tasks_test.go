package dispatch_test

import (
	"testing"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

// sent is the worker whom an event sends.
func (c *centre) sent(e eventstore.Event) string {
	c.t.Helper()
	message, err := e.Decode()
	if err != nil {
		c.t.Fatal(err)
	}
	return message.(interface{ GetWorker() string }).GetWorker()
}

func TestAPublicReportGoesToTheWorkerOnDutyByItself(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	c.policy(&gridcasev1.Policy{AutoVerification: true})
	c.manage()
	c.manage()
	public, own := c.report("acceptor", 0), c.report("worker-1", 0)
	if got := c.sent(c.happens(public, &gridcasev1.VerificationRequested{})); got != referencetest.UserID("worker-1") {
		t.Errorf("%s was sent, want the worker on duty", got)
	}
	c.happened(public, &gridcasev1.VerificationRequested{}, 1)
	c.happened(own, &gridcasev1.VerificationRequested{}, 0)
}

func TestWithoutThePolicyTheDeskSends(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	c.manage()
	id := c.report("acceptor", 0)
	c.happened(id, &gridcasev1.VerificationRequested{}, 0)
}

func TestAHandledCaseIsInspectedByItself(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	c.policy(&gridcasev1.Policy{AutoInspection: true})
	c.manage()
	c.manage()
	id := c.handling()
	c.do("roads-manager", &gridcasev1.ReportHandling{Target: to(id), Outcome: gridcasev1.HandlingOutcome_HANDLING_OUTCOME_RESOLVED, Photos: shows("after")})
	if got := c.sent(c.happens(id, &gridcasev1.InspectionRequested{})); got != referencetest.UserID("worker-1") {
		t.Errorf("%s was sent, want the worker on duty", got)
	}
	c.happened(id, &gridcasev1.InspectionRequested{}, 1)
}

func TestWhereThePeopleWereFasterNothingIsDoneByItself(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	c.policy(&gridcasev1.Policy{AutoVerification: true})
	id := c.report("acceptor", 0)
	c.do("acceptor", &gridcasev1.AddNote{Target: to(id), Text: "the caller withdrew"})
	c.manage()
	c.happened(id, &gridcasev1.VerificationRequested{}, 0)
}

func TestTheParentHearsOfAChildsEndOnce(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	c.manage()
	c.manage()
	parent, child := c.handling(), newID(t)
	c.do("dispatcher", &gridcasev1.SplitCase{Target: to(parent), Reason: "two spots", Children: []*gridcasev1.ChildInput{{CaseId: child, CaseType: "drain.pipe"}}})
	c.happens(child, &gridcasev1.CaseReported{})
	c.do("acceptor", &gridcasev1.DeclineCase{Target: to(child), ReasonCode: gridcasev1.DeclineReason_DECLINE_REASON_NOT_EXISTS})
	c.happens(parent, &gridcasev1.ChildSettled{})
	c.happened(parent, &gridcasev1.ChildSettled{}, 1)
	c.happened(child, &gridcasev1.CaseReported{}, 1)
}
