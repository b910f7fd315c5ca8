package casework

import (
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// FollowUp is a command that an event of one case implies for another.
type FollowUp struct {
	CaseID  string
	Command Command // its target is filled in by who sends it
	// Together: both cases change at once or neither does, where one stream holds them. Else it follows when the event is stored.
	Together bool
}

// FollowUps returns what an event of a case implies for other cases; c is the case after it, id its own.
func FollowUps(id string, c Case, m proto.Message) []FollowUp {
	switch e := m.(type) {
	case *gridcasev1.CaseMerged:
		link := &gridcasev1.LinkDuplicate{Duplicate: id, CaseType: c.Type, Point: c.Place.GetPoint(), Reasoned: e.GetReason() != nil}
		return c.settling(id, FollowUp{CaseID: e.GetPrimary(), Command: link, Together: true})
	case *gridcasev1.CaseUnmerged:
		return c.reopening(id, FollowUp{CaseID: e.GetPrimary(), Command: &gridcasev1.UnlinkDuplicate{Duplicate: id}, Together: true})
	case *gridcasev1.CaseSplit:
		var children []FollowUp
		for _, child := range e.GetChildren() {
			children = append(children, FollowUp{CaseID: child.GetCaseId(), Command: &gridcasev1.OpenChild{Parent: id, Child: child, Source: c.Source}, Together: true})
		}
		return children
	case *gridcasev1.CaseDeclined, *gridcasev1.CaseVoided:
		return c.settling(id, c.offers(id)...)
	case *gridcasev1.CaseClosed, *gridcasev1.CaseForceClosed:
		return c.settling(id)
	case *gridcasev1.CaseReopened:
		return c.reopening(id)
	}
	return nil
}

// offers tell the cases that this one stood for that it won't be handled.
func (c *Case) offers(id string) []FollowUp {
	var offers []FollowUp
	for _, duplicate := range c.Duplicates {
		offers = append(offers, FollowUp{CaseID: duplicate, Command: &gridcasev1.OfferUnmerge{Primary: id, State: c.State}})
	}
	return offers
}

// settling adds that the parent hears of a child's end.
func (c *Case) settling(id string, others ...FollowUp) []FollowUp {
	if c.Parent == "" {
		return others
	}
	return append(others, FollowUp{CaseID: c.Parent, Command: &gridcasev1.SettleChild{Child: id, State: c.State}})
}

func (c *Case) reopening(id string, others ...FollowUp) []FollowUp {
	if c.Parent == "" {
		return others
	}
	return append(others, FollowUp{CaseID: c.Parent, Command: &gridcasev1.ReopenChild{Child: id}})
}
