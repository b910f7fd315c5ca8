package casework

import (
	"slices"
	"strings"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// must refuses the verb unless the case stands in one of states.
func (c *Case) must(verb string, states ...gridcasev1.State) error {
	if slices.Contains(states, c.State) {
		return nil
	}
	names := make([]string, len(states))
	for i, s := range states {
		names[i] = stateName(s)
	}
	return fault.New(fault.Conflict, "case.not_"+strings.ToLower(strings.Join(names, "_or_")),
		"to %s, the case must be %s; it is %s", verb, strings.Join(names, " or "), stateName(c.State))
}

// mustBeOpen refuses the verb on a case that has ended.
func (c *Case) mustBeOpen(verb string) error {
	if c.Open() {
		return nil
	}
	return fault.New(fault.Conflict, "case.not_open", "to %s, the case must be open; it is %s", verb, stateName(c.State))
}

// mustNotBePending refuses the verb while a return, an extension or a suspension waits for its decision.
func (c *Case) mustNotBePending(verb string) error {
	switch c.Pending {
	case gridcasev1.Pending_PENDING_EXTENSION:
		return fault.New(fault.Conflict, "case.extension_pending", "to %s, the requested extension must be decided first", verb)
	case gridcasev1.Pending_PENDING_SUSPENSION:
		return fault.New(fault.Conflict, "case.suspension_pending", "to %s, the requested suspension must be decided first", verb)
	}
	return c.mustNotBeReturning(verb)
}

// mustBePending refuses a decision on what is not requested.
func (c *Case) mustBePending(p gridcasev1.Pending) error {
	if c.Pending == p {
		return nil
	}
	name := strings.ToLower(strings.TrimPrefix(p.String(), "PENDING_"))
	return fault.New(fault.Conflict, "case.no_"+name+"_pending", "no %s is requested", name)
}

// mustBeHandling refuses an actor who does not handle the case: the department's manager, or the handler whom it is assigned to.
func (c *Case) mustBeHandling(f *Facts) error {
	if err := c.mustBeDepartment(f); err != nil {
		return err
	}
	if f.Actor.Role == gridcasev1.Role_ROLE_HANDLER && f.Actor.ID != c.Handler {
		return fault.New(fault.Denied, "case.other_handler", "the case is not assigned to the actor")
	}
	return nil
}

// mustNotBeReturning refuses the verb while a return waits for its decision.
func (c *Case) mustNotBeReturning(verb string) error {
	if c.Pending != gridcasev1.Pending_PENDING_RETURN {
		return nil
	}
	return fault.New(fault.Conflict, "case.return_pending", "to %s, the requested return must be decided or withdrawn first", verb)
}

// mustBeDepartment refuses an actor who is not of the department that the case was dispatched to.
func (c *Case) mustBeDepartment(f *Facts) error {
	if c.Department != "" && (f.importing() || f.Actor.Department == c.Department) {
		return nil
	}
	return fault.New(fault.Denied, "case.other_department", "the case is not with the actor's department")
}

// mustNotBeOfDepartment refuses who works in a department: a department never closes a case.
func (f *Facts) mustNotBeOfDepartment() error {
	if f.Actor.Department == "" {
		return nil
	}
	return fault.New(fault.Denied, "case.department_closes", "a department does not close a case; the supervision centre does")
}

// mustBeWorker refuses everybody but the grid worker who was named.
func (c *Case) mustBeWorker(f *Facts) error {
	if f.importing() || f.Actor.ID == c.Worker {
		return nil
	}
	return fault.New(fault.Denied, "case.other_worker", "another grid worker was named for this task")
}

// text returns the sealed value of a free-text field that must be there.
func (f *Facts) text(field, why string) (*gridcasev1.Sealed, error) {
	if s := f.Sealed[field]; s != nil {
		return s, nil
	}
	return nil, fault.BadField(field, "reason.required", "%s", why)
}

// mustShow refuses a report from the spot without a photo of the kind (of any kind where empty).
func mustShow(f *Facts, photos []*gridcasev1.Photo, kind, why string) error {
	if f.importing() || slices.ContainsFunc(photos, func(p *gridcasev1.Photo) bool { return kind == "" || p.GetKind() == kind }) {
		return nil
	}
	return fault.BadField("photos", "photo.required", "%s", why)
}

func stateName(s gridcasev1.State) string { return strings.TrimPrefix(s.String(), "STATE_") }
