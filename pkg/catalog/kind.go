package catalog

import (
	"slices"
	"strings"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// Group returns the group of a case type: only cases of one group may be the same problem. Where the type names none, it is what stands before
// the first dot of its id.
func (c *Catalogue) Group(caseType string) string {
	if group := c.byID[caseType].GetGroup(); group != "" {
		return group
	}
	group, _, _ := strings.Cut(caseType, ".")
	return group
}

// Urgent tells whether the desks' clocks are short for a case of the type, filed under the condition ("": not filed).
func (c *Catalogue) Urgent(caseType, condition string) bool {
	rule, _ := c.Condition(caseType, condition)
	return c.byID[caseType].GetUrgent() || rule.GetUrgent()
}

// usualDuplicates is the duplicate rule of a type that has none: 50 m and a day, an unverified default.
var usualDuplicates = &gridcasev1.DuplicateRule{RadiusM: 50, WindowMinutes: 24 * 60}

// DuplicateRule returns which cases near by may be the same problem as one of the type.
func (c *Catalogue) DuplicateRule(caseType string) *gridcasev1.DuplicateRule {
	if rule := c.byID[caseType].GetDuplicates(); rule != nil {
		return rule
	}
	return usualDuplicates
}

// SeenBy tells whether a role sees the value of a text field of a case type: everybody does, unless the field names its readers.
func (c *Catalogue) SeenBy(caseType, name string, role gridcasev1.Role) bool {
	readers := field(c.byID[caseType], name).GetSeenBy()
	return len(readers) == 0 || slices.Contains(readers, role)
}
