// Package catalogfile reads a catalogue of case types from YAML or JSON. It owns the file's form: fields as in the contract's JSON, kinds by
// their short names, limits also as "2 hour wall". It never judges what the types say; pkg/catalog does.
package catalogfile

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/encoding/protojson"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// Read reads the list under the key "types". A fault names the line of the type that it is in.
func Read(data []byte) ([]*gridcasev1.CaseType, error) {
	var file struct {
		Types []yaml.Node `yaml:"types"`
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		return nil, fault.New(fault.Invalid, "catalogfile.malformed", "the file is no YAML with a list of types: %v", err)
	}
	types := make([]*gridcasev1.CaseType, len(file.Types))
	for i := range file.Types {
		t, err := readType(&file.Types[i])
		if err != nil {
			return nil, fault.New(fault.Invalid, "catalogfile.type", "line %d: %v", file.Types[i].Line, err)
		}
		types[i] = t
	}
	return types, nil
}

func readType(node *yaml.Node) (*gridcasev1.CaseType, error) {
	if err := spellOut(node); err != nil {
		return nil, err
	}
	var plain any
	if err := node.Decode(&plain); err != nil {
		return nil, err
	}
	b, err := json.Marshal(plain)
	if err != nil {
		return nil, fmt.Errorf("line %d: %w", node.Line, err)
	}
	t := new(gridcasev1.CaseType)
	if err := protojson.Unmarshal(b, t); err != nil {
		return nil, err
	}
	return t, nil
}

// spellOut turns the short forms of kinds and limits into the contract's.
func spellOut(node *yaml.Node) error {
	for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i].Value, node.Content[i+1]
		switch {
		case key == "kind" && gridcasev1.FieldKind_value["FIELD_KIND_"+strings.ToUpper(value.Value)] > 0:
			value.Value = "FIELD_KIND_" + strings.ToUpper(value.Value)
		case key == "limit" && value.Kind == yaml.ScalarNode:
			limit, err := limitNode(value)
			if err != nil {
				return err
			}
			node.Content[i+1] = limit
		}
	}
	for _, child := range node.Content {
		if err := spellOut(child); err != nil {
			return err
		}
	}
	return nil
}

var limitPattern = regexp.MustCompile(`^([0-9]{1,9}) (minute|hour|day) (wall|working)$`)

func limitNode(short *yaml.Node) (*yaml.Node, error) {
	m := limitPattern.FindStringSubmatch(short.Value)
	if m == nil {
		return nil, fmt.Errorf("line %d: a limit looks like \"2 hour wall\" or \"1 day working\"", short.Line)
	}
	scalar := func(s string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: s, Line: short.Line} }
	return &yaml.Node{Kind: yaml.MappingNode, Line: short.Line, Content: []*yaml.Node{scalar("value"), scalar(m[1]),
		scalar("unit"), scalar("LIMIT_UNIT_" + strings.ToUpper(m[2])), scalar("basis"), scalar("LIMIT_BASIS_" + strings.ToUpper(m[3]))}}, nil
}
