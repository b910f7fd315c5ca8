package casework

import (
	"slices"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// record turns the fields of a command into those of an event: text becomes its sealed form.
func (f *Facts) record(given []*gridcasev1.FieldInput) []*gridcasev1.Field {
	fields := make([]*gridcasev1.Field, 0, len(given))
	for _, in := range given {
		out := &gridcasev1.Field{Name: in.GetName()}
		switch v := in.GetValue().(type) {
		case *gridcasev1.FieldInput_Code:
			out.Value = &gridcasev1.Field_Code{Code: v.Code}
		case *gridcasev1.FieldInput_Text:
			out.Value = &gridcasev1.Field_Sealed{Sealed: f.Sealed["fields."+in.GetName()]}
		case *gridcasev1.FieldInput_Number:
			out.Value = &gridcasev1.Field_Number{Number: v.Number}
		case *gridcasev1.FieldInput_Flag:
			out.Value = &gridcasev1.Field_Flag{Flag: v.Flag}
		case *gridcasev1.FieldInput_Choice:
			out.Value = &gridcasev1.Field_Choice{Choice: v.Choice}
		case *gridcasev1.FieldInput_Time:
			out.Value = &gridcasev1.Field_Time{Time: v.Time}
		}
		fields = append(fields, out)
	}
	return fields
}

// setFields replaces the fields of the same name and adds the others.
func (c *Case) setFields(fields []*gridcasev1.Field) {
	c.Fields = slices.Clone(c.Fields)
	for _, next := range fields {
		i := slices.IndexFunc(c.Fields, func(old *gridcasev1.Field) bool { return old.GetName() == next.GetName() })
		if i < 0 {
			c.Fields = append(c.Fields, next)
			continue
		}
		c.Fields[i] = next
	}
}

// has tells whether the case or the command holds a value of the field.
func (c *Case) has(name string, given []*gridcasev1.FieldInput) bool {
	return slices.ContainsFunc(given, func(in *gridcasev1.FieldInput) bool { return in.GetName() == name }) ||
		slices.ContainsFunc(c.Fields, func(f *gridcasev1.Field) bool { return f.GetName() == name })
}
