package dispatch_test

import (
	"testing"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

// routed makes a type's cases go out by themselves: those on the footway of the street to the water department, others as their condition says.
func routed(t *gridcasev1.CaseType) {
	if t.AutoDispatch = t.GetId() == "parking.motor"; t.GetAutoDispatch() {
		t.Routes = []*gridcasev1.Route{{Conditions: []string{"C2"}, Field: "place_kind", Values: []string{"footway"}, Areas: []string{referencetest.District + "001"},
			Department: "water", Assisting: []string{"roads"}}}
	}
}

// file files a case under a condition.
func (c *centre) file(condition string) (caseID string) {
	c.t.Helper()
	caseID = c.report("worker-1", 0)
	c.do("acceptor", &gridcasev1.FileCase{Target: to(caseID), Condition: condition})
	return caseID
}

func TestAFiledCaseGoesByItselfWhereTheCatalogueSendsIt(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	c.policy(nil, routed)
	c.manage()
	c.manage()
	for condition, department := range map[string]string{"C2": "water", "C3": "roads"} {
		id := c.file(condition)
		e := c.happens(id, &gridcasev1.CaseDispatched{})
		message, err := e.Decode()
		if err != nil {
			t.Fatal(err)
		}
		if got := message.(*gridcasev1.CaseDispatched).GetDepartment(); got != department || e.Role != gridcasev1.Role_ROLE_SYSTEM {
			t.Errorf("filed under %s, it went to %s by %s, want %s", condition, got, e.Role, department)
		}
		c.happened(id, &gridcasev1.CaseDispatched{}, 1)
	}
}

func TestACaseOfAnotherTypeWaitsForTheDispatcher(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	c.policy(nil, func(t *gridcasev1.CaseType) { t.AutoDispatch = t.GetId() == "drain.pipe" })
	c.manage()
	c.happened(c.file("C2"), &gridcasev1.CaseDispatched{}, 0)
}

func TestACaseThatNobodyLeadsWaitsForTheDispatcher(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	c.policy(nil, func(t *gridcasev1.CaseType) {
		t.AutoDispatch = true
		for _, condition := range t.GetConditions() {
			condition.Lead = ""
		}
	})
	c.manage()
	c.happened(c.file("C2"), &gridcasev1.CaseDispatched{}, 0)
}

func TestACaseThatCameBackIsTheDispatchers(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	c.policy(nil, routed)
	stop := c.manage()
	id := c.file("C2")
	c.happens(id, &gridcasev1.CaseDispatched{})
	c.do("dispatcher", &gridcasev1.RecallDispatch{Target: to(id), Reason: "not theirs"})
	stop()
	c.manage()
	c.happened(id, &gridcasev1.CaseDispatched{}, 1)
}
