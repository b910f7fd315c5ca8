package catalogfile

import (
	"slices"

	"go.yaml.in/yaml/v3"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/catalog"
)

// ReadPolicy reads a file that holds a policy under the key "policy" and nothing else. The first fault is Invalid and names the line, and the
// field by its path in the file.
func ReadPolicy(data []byte) (*gridcasev1.Policy, error) {
	v, d := new(gridcasev1.CatalogueVersion), &decoder{lines: map[string]int{}}
	if root := d.parse(data); root != nil {
		if root.Kind != yaml.MappingNode || len(root.Content) != 2 || root.Content[0].Value != "policy" {
			d.bad(root, "", "catalogfile.malformed", `the file holds the key "policy" and nothing else`)
		} else {
			d.field(root.Content[1], v.ProtoReflect(), v.ProtoReflect().Descriptor().Fields().ByName("policy"), "policy")
		}
	}
	if len(d.findings) == 0 {
		for _, f := range catalog.Check(v) {
			d.findings = append(d.findings, Finding{Line: d.line(f.Field), Field: f.Field, Code: f.Code, Text: f.Text})
		}
	}
	if len(d.findings) == 0 {
		return v.GetPolicy(), nil
	}
	slices.SortStableFunc(d.findings, func(a, b Finding) int { return a.Line - b.Line })
	return nil, d.findings[0].Fault()
}
