package casework

import (
	"slices"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// dispatchCase sends the filed case to exactly one lead department (派遣). The handle clock starts here, with the condition's limit.
func dispatchCase(c *Case, cmd *gridcasev1.DispatchCase, f *Facts) (proto.Message, error) {
	if err := c.must("dispatch", gridcasev1.State_STATE_FILED); err != nil {
		return nil, err
	}
	if err := c.mustNotBeEnding("dispatch"); err != nil {
		return nil, err
	}
	if err := f.departments(cmd); err != nil {
		return nil, err
	}
	return &gridcasev1.CaseDispatched{Department: cmd.GetDepartment(), Assisting: cmd.GetAssisting(), Clocks: c.dispatchClocks(f)}, nil
}

func (c *Case) dispatchClocks(f *Facts) []*gridcasev1.Clocks {
	condition, _ := f.Catalogue.Condition(c.Type, c.Condition)
	return readings(c.stop(gridcasev1.Stage_STAGE_DISPATCH), c.startDesk(f, gridcasev1.Stage_STAGE_SIGN), f.start(gridcasev1.Stage_STAGE_HANDLE, condition.GetLimit()))
}

func (c *Case) caseDispatched(e *gridcasev1.CaseDispatched, env *gridcasev1.Envelope) {
	c.Clocks[gridcasev1.Stage_STAGE_HANDLE] = &Clock{Started: env.Time} // with or without a limit: another condition may bring one
	c.State, c.Department, c.Handler = gridcasev1.State_STATE_DISPATCHED, e.GetDepartment(), ""
}

func (f *Facts) departments(cmd *gridcasev1.DispatchCase) error {
	if !f.People.Department(cmd.GetDepartment()) {
		return fault.BadField("department", "department.unknown", "the district has no department %q", cmd.GetDepartment())
	}
	for _, d := range cmd.GetAssisting() {
		if !f.People.Department(d) {
			return fault.BadField("assisting", "department.unknown", "the district has no department %q", d)
		}
	}
	if slices.Contains(cmd.GetAssisting(), cmd.GetDepartment()) {
		return fault.BadField("assisting", "department.leads", "the lead department does not assist itself")
	}
	return nil
}

// leave takes the case out of the department's hands.
func (c *Case) leave(state gridcasev1.State) {
	c.State, c.Department, c.Handler, c.Pending = state, "", "", gridcasev1.Pending_PENDING_UNSPECIFIED
}
