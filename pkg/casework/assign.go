package casework

import (
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// assignHandler names the person of the department who handles, or another one instead.
func assignHandler(c *Case, cmd *gridcasev1.AssignHandler, f *Facts) (proto.Message, error) {
	if err := c.mustBeWithDepartment("assign a handler", f); err != nil {
		return nil, err
	}
	u, ok := f.People.User(cmd.GetHandler())
	if !ok || u.GetRole() != gridcasev1.Role_ROLE_HANDLER || u.GetDepartment() != c.Department {
		return nil, fault.BadField("handler", "handler.not_of_department", "the handler must be an active handler of the department")
	}
	if cmd.GetHandler() == c.Handler {
		return nil, fault.New(fault.Conflict, "case.handler_assigned", "the case is with this handler already")
	}
	return &gridcasev1.HandlerAssigned{Handler: cmd.GetHandler()}, nil
}

func (c *Case) handlerAssigned(e *gridcasev1.HandlerAssigned) { c.Handler = e.GetHandler() }

// revokeHandler takes the task from the handler.
func revokeHandler(c *Case, _ *gridcasev1.RevokeHandler, f *Facts) (proto.Message, error) {
	if err := c.mustBeWithDepartment("revoke the handler", f); err != nil {
		return nil, err
	}
	if c.Handler == "" {
		return nil, fault.New(fault.Conflict, "case.no_handler", "no handler is assigned")
	}
	return &gridcasev1.HandlerRevoked{Handler: c.Handler}, nil
}

func (c *Case) handlerRevoked() { c.Handler = "" }

// mustBeWithDepartment is what the department's own arrangements need: its case, and no return pending.
func (c *Case) mustBeWithDepartment(verb string, f *Facts) error {
	if err := c.must(verb, gridcasev1.State_STATE_DISPATCHED, gridcasev1.State_STATE_HANDLING); err != nil {
		return err
	}
	if err := c.mustBeDepartment(f); err != nil {
		return err
	}
	return c.mustNotBeReturning(verb)
}
