package catalogfile

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/reflect/protoreflect"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// decoder fills messages of the contract from a document. It goes on behind a fault, so that all of them are found.
type decoder struct {
	findings []Finding
	lines    map[string]int // where each place of the file stands
}

// bad notes a fault.
func (d *decoder) bad(node *yaml.Node, path, code, format string, args ...any) {
	d.findings = append(d.findings, Finding{Line: node.Line, Field: path, Code: code, Text: fmt.Sprintf(format, args...)})
}

// line returns where a place stands, or the nearest one around it. Places are compared without the marks that tell the contract's names from
// those in JSON.
func (d *decoder) line(path string) int {
	for path != "" {
		if line, ok := d.lines[plain(path)]; ok {
			return line
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
	return 1
}

func plain(path string) string { return strings.ToLower(strings.ReplaceAll(path, "_", "")) }

// message fills m from a mapping; path is where it stands in the file.
func (d *decoder) message(node *yaml.Node, m protoreflect.Message, path string) {
	d.lines[plain(path)] = node.Line
	if node.Kind == yaml.ScalarNode && m.Descriptor() == limitType {
		d.limit(node, m, path)
		return
	}
	if node.Kind != yaml.MappingNode {
		d.bad(node, path, "catalogfile.value", "here stands a mapping with the keys %s", keys(m.Descriptor()))
		return
	}
	var seen []protoreflect.Name
	for pair := range slices.Chunk(node.Content, 2) {
		key, value := pair[0], pair[1]
		fd := fieldOf(m.Descriptor(), key.Value)
		if fd == nil {
			d.bad(key, path, "catalogfile.key", "%q is none of the keys %s", key.Value, keys(m.Descriptor()))
			continue
		}
		if slices.Contains(seen, fd.Name()) {
			d.bad(key, path, "catalogfile.key", "the key %q stands here twice", key.Value)
			continue
		}
		seen = append(seen, fd.Name())
		at := strings.TrimPrefix(path+"."+fd.JSONName(), ".")
		d.lines[plain(at)] = key.Line
		d.field(value, m, fd, at)
	}
}

func (d *decoder) field(node *yaml.Node, m protoreflect.Message, fd protoreflect.FieldDescriptor, path string) {
	switch {
	case node.Kind == yaml.ScalarNode && node.Tag == "!!null":
	case fd.IsList():
		d.list(node, m, fd, path)
	case fd.Message() != nil:
		d.message(node, m.Mutable(fd).Message(), path)
	default:
		if v, ok := d.scalar(node, fd, path); ok {
			m.Set(fd, v)
		}
	}
}

func (d *decoder) list(node *yaml.Node, m protoreflect.Message, fd protoreflect.FieldDescriptor, path string) {
	if node.Kind != yaml.SequenceNode {
		d.bad(node, path, "catalogfile.value", "here stands a list")
		return
	}
	list := m.Mutable(fd).List()
	for i, item := range node.Content {
		at := fmt.Sprintf("%s[%d]", path, i)
		if fd.Message() != nil {
			d.message(item, list.AppendMutable().Message(), at)
			continue
		}
		d.lines[plain(at)] = item.Line
		if v, ok := d.scalar(item, fd, at); ok {
			list.Append(v)
		}
	}
}

// limitType is the message that may be written in one line.
var limitType = new(gridcasev1.Limit).ProtoReflect().Descriptor()

// limit reads "2 hour wall": value, unit, basis.
func (d *decoder) limit(node *yaml.Node, m protoreflect.Message, path string) {
	words := strings.Fields(node.Value)
	if len(words) != 3 {
		d.bad(node, path, "catalogfile.limit", `a limit looks like "2 hour wall" or "1 day working"`)
		return
	}
	for i, name := range []protoreflect.Name{"value", "unit", "basis"} {
		fd := limitType.Fields().ByName(name)
		if v, ok := d.scalar(&yaml.Node{Kind: yaml.ScalarNode, Line: node.Line, Value: words[i]}, fd, path); ok {
			m.Set(fd, v)
		}
	}
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
