package casestatus

import (
	"slices"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// field is the value of one of the case type's fields by which cases are routed or compared: a choice or a code.
type field struct {
	Name   string `json:"name"`
	Code   string `json:"code,omitempty"`
	Choice string `json:"choice,omitempty"`
}

// fill replaces the fields of the same name and adds the others.
func (r *row) fill(given []*gridcasev1.Field) {
	for _, in := range given {
		next := field{Name: in.GetName(), Code: in.GetCode(), Choice: in.GetChoice()}
		if next.Code == "" && next.Choice == "" {
			continue
		}
		if i := slices.IndexFunc(r.Fields.Items, func(old field) bool { return old.Name == next.Name }); i >= 0 {
			r.Fields.Items[i] = next
			continue
		}
		r.Fields.Add(next)
	}
}

// code is the value of a field of kind code; empty where the case has none.
func (r *row) code(name string) string {
	for _, f := range r.Fields.Items {
		if f.Name == name {
			return f.Code
		}
	}
	return ""
}

// fields are the values as the contract has them.
func (r *row) fields() []*gridcasev1.Field {
	var out []*gridcasev1.Field
	for _, f := range r.Fields.Items {
		v := &gridcasev1.Field{Name: f.Name, Value: &gridcasev1.Field_Code{Code: f.Code}}
		if f.Choice != "" {
			v.Value = &gridcasev1.Field_Choice{Choice: f.Choice}
		}
		out = append(out, v)
	}
	return out
}
