package catalogfile

import (
	"bytes"
	"fmt"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/encoding/protojson"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// Write returns a catalogue as YAML that Read reads: its types and its policy, not its district and version.
func Write(v *gridcasev1.CatalogueVersion) ([]byte, error) {
	content, err := protojson.Marshal(&gridcasev1.CatalogueVersion{Types: v.GetTypes(), Policy: v.GetPolicy()})
	if err != nil {
		return nil, fmt.Errorf("write catalogue: %w", err)
	}
	var tree yaml.Node
	if err := yaml.Unmarshal(content, &tree); err != nil { // JSON is YAML, and its order stays
		return nil, fmt.Errorf("write catalogue: %w", err)
	}
	plainStyle(&tree)
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(&tree); err != nil {
		return nil, fmt.Errorf("write catalogue: %w", err)
	}
	return out.Bytes(), nil
}

// plainStyle drops the brackets and quotes of JSON wherever YAML needs none.
func plainStyle(node *yaml.Node) {
	node.Style = 0
	for _, child := range node.Content {
		plainStyle(child)
	}
}
