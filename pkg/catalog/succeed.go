package catalog

import (
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// Succeed returns the catalogue that follows old when next is published: next's types take the place of those with the same id, and the others
// stay. What cases may name never vanishes: a condition that next leaves out is inactive from then on. A policy that next leaves out stays.
func Succeed(old, next *gridcasev1.CatalogueVersion) *gridcasev1.CatalogueVersion {
	whole := proto.CloneOf(old)
	if next.GetPolicy() != nil {
		whole.Policy = next.GetPolicy()
	}
	at := map[string]int{}
	for i, t := range whole.GetTypes() {
		at[t.GetId()] = i
	}
	for _, t := range next.GetTypes() {
		if i, known := at[t.GetId()]; known {
			whole.Types[i] = keepConditions(whole.GetTypes()[i], t)
			continue
		}
		whole.Types = append(whole.Types, t)
	}
	return whole
}

// keepConditions is the next form of a type with the conditions that it leaves out, inactive.
func keepConditions(old, next *gridcasev1.CaseType) *gridcasev1.CaseType {
	next = proto.CloneOf(next)
	there := map[string]bool{}
	for _, c := range next.GetConditions() {
		there[c.GetId()] = true
	}
	for _, c := range old.GetConditions() {
		if !there[c.GetId()] {
			c.Inactive = true
			next.Conditions = append(next.Conditions, c)
		}
	}
	return next
}
