package catalogfile

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// scalar reads a single value of the kind that the contract's field has. A text is taken as it stands in the file.
func (d *decoder) scalar(node *yaml.Node, fd protoreflect.FieldDescriptor, path string) (protoreflect.Value, bool) {
	if node.Kind != yaml.ScalarNode || node.Tag == "!!null" {
		d.bad(node, path, "catalogfile.value", "here stands a single value")
		return protoreflect.Value{}, false
	}
	v, err := scalar(node.Value, fd)
	if err != nil {
		d.bad(node, path, "catalogfile.value", "%v", err)
	}
	return v, err == nil
}

func scalar(text string, fd protoreflect.FieldDescriptor) (protoreflect.Value, error) {
	switch fd.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(text), nil
	case protoreflect.BoolKind:
		if text == "true" || text == "false" {
			return protoreflect.ValueOfBool(text == "true"), nil
		}
		return protoreflect.Value{}, fmt.Errorf("%q is neither true nor false", text)
	case protoreflect.Uint32Kind:
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return protoreflect.Value{}, fmt.Errorf("%q is no whole number from 0 to %d", text, uint32(math.MaxUint32))
		}
		return protoreflect.ValueOfUint32(uint32(n)), nil
	case protoreflect.DoubleKind:
		x, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return protoreflect.Value{}, fmt.Errorf("%q is no number", text)
		}
		return protoreflect.ValueOfFloat64(x), nil
	case protoreflect.EnumKind:
		return enum(text, fd.Enum().Values())
	}
	return protoreflect.Value{}, fmt.Errorf("a file cannot hold a value of the kind %s", fd.Kind())
}

// enum finds a value by its full name, FIELD_KIND_TEXT, or its short one, text.
func enum(text string, values protoreflect.EnumValueDescriptors) (protoreflect.Value, error) {
	prefix := strings.TrimSuffix(string(values.ByNumber(0).Name()), "UNSPECIFIED")
	var names []string
	for i := range values.Len() {
		v := values.Get(i)
		if v.Number() == 0 {
			continue
		}
		short := strings.ToLower(strings.TrimPrefix(string(v.Name()), prefix))
		if text == short || text == string(v.Name()) {
			return protoreflect.ValueOfEnum(v.Number()), nil
		}
		names = append(names, short)
	}
	return protoreflect.Value{}, fmt.Errorf("%q is none of %s", text, strings.Join(names, ", "))
}
