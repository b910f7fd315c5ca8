package main

import (
	"regexp"
	"slices"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

func rulesOf(f protoreflect.FieldDescriptor) *validate.FieldRules {
	return proto.GetExtension(f.Options(), validate.E_Field).(*validate.FieldRules)
}

// constrain writes the contract's rules for f into its schema. A rule that it doesn't know is a fault, so that none is left out unseen.
func (d *dictionary) constrain(schema object, f protoreflect.FieldDescriptor) {
	rules := rulesOf(f)
	d.known(f, rules, "required", "ignore", "string", "double", "uint32", "enum", "repeated")
	d.constrainValue(schema, f, rules)
	list := rules.GetRepeated()
	if list == nil {
		return
	}
	d.known(f, list, "min_items", "max_items", "unique", "items")
	if list.HasMinItems() {
		schema["minItems"] = list.GetMinItems()
	}
	if list.HasMaxItems() {
		schema["maxItems"] = list.GetMaxItems()
	}
	if list.GetUnique() {
		schema["uniqueItems"] = true
	}
	if list.HasItems() {
		d.known(f, list.GetItems(), "string", "double", "uint32", "enum")
		d.constrainValue(schema["items"].(object), f, list.GetItems())
	}
}

func (d *dictionary) constrainValue(schema object, f protoreflect.FieldDescriptor, rules *validate.FieldRules) {
	d.constrainString(schema, f, rules.GetString())
	d.constrainEnum(schema, f, rules.GetEnum())
	if r := rules.GetDouble(); r != nil {
		d.known(f, r, "gte", "lte", "finite") // a number of JSON is finite
		if r.HasGte() {
			schema["minimum"] = r.GetGte()
		}
		if r.HasLte() {
			schema["maximum"] = r.GetLte()
		}
	}
	if r := rules.GetUint32(); r != nil {
		d.known(f, r, "gte", "lte")
		if r.HasGte() {
			schema["minimum"] = r.GetGte()
		}
		if r.HasLte() {
			schema["maximum"] = r.GetLte()
		}
	}
}

func (d *dictionary) constrainString(schema object, f protoreflect.FieldDescriptor, r *validate.StringRules) {
	if r == nil {
		return
	}
	d.known(f, r, "min_len", "max_len", "pattern", "uuid")
	if r.HasMinLen() {
		schema["minLength"] = r.GetMinLen()
	}
	if r.HasMaxLen() {
		schema["maxLength"] = r.GetMaxLen()
	}
	if r.HasPattern() {
		schema["pattern"] = r.GetPattern()
	}
	if r.GetUuid() {
		schema["format"] = "uuid"
	}
}

// constrainEnum leaves out what must not be sent; that a value is defined follows from the enum's own schema.
func (d *dictionary) constrainEnum(schema object, f protoreflect.FieldDescriptor, r *validate.EnumRules) {
	if r == nil {
		return
	}
	d.known(f, r, "defined_only", "not_in")
	var refused []protoreflect.Name
	for _, number := range r.GetNotIn() {
		refused = append(refused, f.Enum().Values().ByNumber(protoreflect.EnumNumber(number)).Name())
	}
	if len(refused) > 0 {
		schema["not"] = object{"enum": refused}
	}
}

// chooseOne writes the rule that exactly one of some fields is present.
func (d *dictionary) chooseOne(schema object, m protoreflect.MessageDescriptor) {
	var each []object
	for _, names := range d.choices(m) {
		var one []object
		for _, name := range names {
			one = append(one, object{"required": []string{name}})
		}
		each = append(each, object{"oneOf": one})
	}
	if len(each) > 0 {
		schema["allOf"] = each
	}
}

// choices returns the names of each group of fields of which exactly one is present.
func (d *dictionary) choices(m protoreflect.MessageDescriptor) [][]string {
	var choices [][]string
	for o := range all(m.Oneofs()) {
		if o.IsSynthetic() {
			continue
		}
		if !proto.GetExtension(o.Options(), validate.E_Oneof).(*validate.OneofRules).GetRequired() {
			d.fail(o, "a oneof that may be absent is not described in a request")
		}
		choices = append(choices, namesOf(o.Fields()))
	}
	rules := proto.GetExtension(m.Options(), validate.E_Message).(*validate.MessageRules)
	d.known(m, rules, "oneof")
	for _, r := range rules.GetOneof() {
		if !r.GetRequired() {
			d.fail(m, "a oneof rule that is not required is not described")
		}
		var names []string
		for _, name := range r.GetFields() {
			names = append(names, m.Fields().ByName(protoreflect.Name(name)).JSONName())
		}
		choices = append(choices, names)
	}
	return choices
}

// needed tells whether a request without f is refused: the zero value of a field that doesn't track presence is held to the rules too.
func needed(f protoreflect.FieldDescriptor) bool {
	r := rulesOf(f)
	if r.GetRequired() {
		return true
	}
	if f.HasPresence() || r.GetIgnore() != validate.Ignore_IGNORE_UNSPECIFIED {
		return false
	}
	s := r.GetString()
	return s.GetMinLen() > 0 || s.GetUuid() || !regexp.MustCompile(s.GetPattern()).MatchString("") ||
		r.GetDouble().GetGte() > 0 || r.GetDouble().HasLte() && r.GetDouble().GetLte() < 0 ||
		r.GetUint32().GetGte() > 0 || slices.Contains(r.GetEnum().GetNotIn(), 0) || r.GetRepeated().GetMinItems() > 0
}

// known fails where rules hold more than the named ones.
func (d *dictionary) known(at protoreflect.Descriptor, rules proto.Message, names ...protoreflect.Name) {
	rules.ProtoReflect().Range(func(f protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		if !slices.Contains(names, f.Name()) {
			d.fail(at, "rule %s is not described", f.FullName())
		}
		return true
	})
}
