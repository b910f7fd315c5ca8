package catalogfile

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/reflect/protoreflect"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// decodeMessage fills a message of the contract from a mapping; path is where it stands in the file.
func decodeMessage(node *yaml.Node, m protoreflect.Message, path string) error {
	if node.Kind == yaml.ScalarNode && m.Descriptor() == limitType {
		return decodeLimit(node, m, path)
	}
	if node.Kind != yaml.MappingNode {
		return bad(node, path, "catalogfile.value", "here stands a mapping with the keys %s", keys(m.Descriptor()))
	}
	var seen []protoreflect.Name
	for pair := range slices.Chunk(node.Content, 2) {
		key, value := pair[0], pair[1]
		fd := fieldOf(m.Descriptor(), key.Value)
		if fd == nil {
			return bad(key, path, "catalogfile.key", "%q is none of the keys %s", key.Value, keys(m.Descriptor()))
		}
		if slices.Contains(seen, fd.Name()) {
			return bad(key, path, "catalogfile.key", "the key %q stands here twice", key.Value)
		}
		seen = append(seen, fd.Name())
		if err := decodeField(value, m, fd, strings.TrimPrefix(path+"."+fd.JSONName(), ".")); err != nil {
			return err
		}
	}
	return nil
}

func decodeField(node *yaml.Node, m protoreflect.Message, fd protoreflect.FieldDescriptor, path string) error {
	switch {
	case node.Kind == yaml.ScalarNode && node.Tag == "!!null":
		return nil
	case fd.IsList():
		return decodeList(node, m, fd, path)
	case fd.Message() != nil:
		return decodeMessage(node, m.Mutable(fd).Message(), path)
	}
	v, err := decodeScalar(node, fd, path)
	if err == nil {
		m.Set(fd, v)
	}
	return err
}

func decodeList(node *yaml.Node, m protoreflect.Message, fd protoreflect.FieldDescriptor, path string) error {
	if node.Kind != yaml.SequenceNode {
		return bad(node, path, "catalogfile.value", "here stands a list")
	}
	list := m.Mutable(fd).List()
	for i, item := range node.Content {
		if fd.Message() != nil {
			if err := decodeMessage(item, list.AppendMutable().Message(), element(path, i)); err != nil {
				return err
			}
			continue
		}
		v, err := decodeScalar(item, fd, element(path, i))
		if err != nil {
			return err
		}
		list.Append(v)
	}
	return nil
}

// limitType is the message that may be written in one line.
var limitType = new(gridcasev1.Limit).ProtoReflect().Descriptor()

// decodeLimit reads "2 hour wall": value, unit, basis.
func decodeLimit(node *yaml.Node, m protoreflect.Message, path string) error {
	words := strings.Fields(node.Value)
	if len(words) != 3 {
		return bad(node, path, "catalogfile.limit", `a limit looks like "2 hour wall" or "1 day working"`)
	}
	for i, name := range []protoreflect.Name{"value", "unit", "basis"} {
		fd := limitType.Fields().ByName(name)
		v, err := decodeScalar(&yaml.Node{Kind: yaml.ScalarNode, Line: node.Line, Value: words[i]}, fd, path)
		if err != nil {
			return err
		}
		m.Set(fd, v)
	}
	return nil
}

// fieldOf finds a message's field by its name in JSON or in the contract.
func fieldOf(d protoreflect.MessageDescriptor, key string) protoreflect.FieldDescriptor {
	if fd := d.Fields().ByJSONName(key); fd != nil {
		return fd
	}
	return d.Fields().ByName(protoreflect.Name(key))
}

func keys(d protoreflect.MessageDescriptor) string {
	names := make([]string, d.Fields().Len())
	for i := range names {
		names[i] = d.Fields().Get(i).JSONName()
	}
	return strings.Join(names, ", ")
}

func element(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

func bad(node *yaml.Node, path, code, format string, args ...any) error {
	return fault.BadField(path, code, "line %d: %s", node.Line, fmt.Sprintf(format, args...))
}
