package main

import (
	"fmt"
	"iter"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// side is where a message stands: rules bind what is sent, not what is answered.
type side int

const (
	request side = iota
	answer
)

// dictionary collects the schemas that the procedures name. A message that stands on both sides has two: the one to send ends in Input.
type dictionary struct {
	schemas object
	used    [2]map[protoreflect.FullName]bool
	faults  []error
}

func newDictionary(services []protoreflect.ServiceDescriptor, problem protoreflect.MessageDescriptor) *dictionary {
	d := &dictionary{schemas: object{}, used: [2]map[protoreflect.FullName]bool{{}, {}}}
	d.visit(problem, answer)
	for _, s := range services {
		for m := range all(s.Methods()) {
			d.visit(m.Input(), request)
			d.visit(m.Output(), answer)
		}
	}
	return d
}

// visit notes that m and all that it holds stand on this side.
func (d *dictionary) visit(m protoreflect.MessageDescriptor, on side) {
	if d.used[on][m.FullName()] {
		return
	}
	d.used[on][m.FullName()] = true
	for f := range all(m.Fields()) {
		if f.Message() != nil {
			d.visit(f.Message(), on)
		}
	}
}

// ref returns a reference to the schema of m, which it adds where it is new.
func (d *dictionary) ref(m protoreflect.MessageDescriptor, on side) object {
	if m.FullName() == "google.protobuf.Timestamp" {
		return object{"type": "string", "format": "date-time"}
	}
	if m.FullName().Parent() != contract {
		d.fail(m, "a message of another package is not described")
	}
	name := string(m.Name())
	if on == request && d.used[answer][m.FullName()] {
		name += "Input"
	}
	return d.add(name, m, func() object { return d.message(m, on) })
}

// refEnum returns a reference to the schema of e, which it adds where it is new.
func (d *dictionary) refEnum(e protoreflect.EnumDescriptor) object {
	return d.add(string(e.Name()), e, func() object { return enum(e) })
}

// add fills the schema of that name once. Two descriptors with one name are a fault.
func (d *dictionary) add(name string, of protoreflect.Descriptor, fill func() object) object {
	known, found := d.schemas[name]
	if !found {
		schema := object{"x-protobuf": of.FullName()}
		d.schemas[name] = schema // before fill: a message may hold itself
		for k, v := range fill() {
			schema[k] = v
		}
	} else if known.(object)["x-protobuf"] != of.FullName() {
		d.fail(of, "the schema's name %s is taken", name)
	}
	return object{"$ref": "#/components/schemas/" + name}
}

func (d *dictionary) fail(at protoreflect.Descriptor, format string, args ...any) {
	d.faults = append(d.faults, fmt.Errorf("%s: %s", at.FullName(), fmt.Sprintf(format, args...)))
}

// all ranges over one of protoreflect's lists.
func all[T any](list interface {
	Len() int
	Get(int) T
}) iter.Seq[T] {
	return func(yield func(T) bool) {
		for i := range list.Len() {
			if !yield(list.Get(i)) {
				return
			}
		}
	}
}
