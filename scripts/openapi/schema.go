package main

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// message returns the schema of m. A request's is closed and carries the contract's rules.
func (d *dictionary) message(m protoreflect.MessageDescriptor, on side) object {
	properties, required := object{}, []string{}
	for f := range all(m.Fields()) {
		schema := d.field(f, on)
		if on == request {
			d.constrain(schema, f)
			if needed(f) {
				required = append(required, f.JSONName())
			}
		}
		if text := fieldText(f); text != "" {
			schema["description"] = text
		}
		properties[f.JSONName()] = schema
	}
	s := object{"type": "object", "properties": properties}
	if text := messageText(m); text != "" {
		s["description"] = text
	}
	if len(required) > 0 {
		s["required"] = required
	}
	if on == request {
		s["additionalProperties"] = false
		d.chooseOne(s, m)
	}
	return s
}

// field returns the bare schema of f: its type in JSON.
func (d *dictionary) field(f protoreflect.FieldDescriptor, on side) object {
	if f.IsMap() {
		d.fail(f, "a map is not described")
	}
	if f.IsList() {
		return object{"type": "array", "items": d.single(f, on)}
	}
	return d.single(f, on)
}

func (d *dictionary) single(f protoreflect.FieldDescriptor, on side) object {
	switch f.Kind() {
	case protoreflect.MessageKind:
		return d.ref(f.Message(), on)
	case protoreflect.EnumKind:
		return d.refEnum(f.Enum())
	case protoreflect.StringKind:
		return object{"type": "string"}
	case protoreflect.BytesKind:
		return object{"type": "string", "contentEncoding": "base64"}
	case protoreflect.BoolKind:
		return object{"type": "boolean"}
	case protoreflect.DoubleKind:
		return object{"type": "number", "format": "double"}
	case protoreflect.Uint32Kind:
		return object{"type": "integer", "minimum": 0, "maximum": uint64(math.MaxUint32)}
	case protoreflect.Uint64Kind:
		return uint64Schema(on)
	}
	d.fail(f, "kind %s is not described", f.Kind())
	return object{}
}

// uint64Schema keeps all 64 bits: a number of JSON may lose some on the way.
func uint64Schema(on side) object {
	if on == answer {
		return object{"type": "string", "format": "uint64", "pattern": "^[0-9]+$"}
	}
	return object{"type": []string{"string", "integer"}, "format": "uint64", "pattern": "^[0-9]+$", "minimum": 0}
}

// enum returns the schema of e: its values by name, each with its meaning.
func enum(e protoreflect.EnumDescriptor) object {
	var names, meanings []string
	for v := range all(e.Values()) {
		names = append(names, string(v.Name()))
		if text := comment(v); text != "" {
			meanings = append(meanings, fmt.Sprintf("- `%s`: %s", v.Name(), text))
		}
	}
	text := comment(e)
	if len(meanings) > 0 {
		text = strings.Join(slices.Concat([]string{text, ""}, meanings), "\n")
	}
	return object{"type": "string", "enum": names, "description": text}
}

// messageText returns what the contract says of m, and which of its fields exclude each other.
func messageText(m protoreflect.MessageDescriptor) string {
	parts := []string{comment(m)}
	for o := range all(m.Oneofs()) {
		if !o.IsSynthetic() {
			parts = append(parts, "At most one is present: "+strings.Join(namesOf(o.Fields()), ", ")+".")
		}
	}
	return strings.TrimSpace(strings.Join(parts, " "))
}

// namesOf returns the fields' names in JSON.
func namesOf(fields protoreflect.FieldDescriptors) []string {
	var names []string
	for f := range all(fields) {
		names = append(names, f.JSONName())
	}
	return names
}

// fieldText returns what the contract says of f, and whether its value is kept out of the log.
func fieldText(f protoreflect.FieldDescriptor) string {
	parts := []string{comment(f)}
	if proto.GetExtension(f.Options(), gridcasev1.E_Sealed).(gridcasev1.Person) != gridcasev1.Person_PERSON_UNSPECIFIED {
		parts = append(parts, "Sealed: no event holds it in the clear.")
	}
	return strings.TrimSpace(strings.Join(parts, " "))
}
