// Package catalogfile reads a catalogue of case types with the city's policy, a policy alone, and working time from YAML or JSON, and case
// types from a spreadsheet of filing and closing standards. It owns the files' forms: fields as in the contract's JSON, enums by their short or
// full names, limits also as "2 hour wall", periods as "mon-fri 08:00-12:00". What the types say is judged by pkg/catalog, what the working
// time says by pkg/calendar. The default catalogue stands here.
//
// # Decisions
//
// 2026-11: a file is read strictly: an unknown key, a key twice, an alias or a second document is a fault, because a catalogue is published
// for ever. A text is what stands in the file, so the code 0302 needs no quotes.
package catalogfile

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"

	"go.yaml.in/yaml/v3"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/catalog"
	"github.com/gridcase/gridcase/pkg/fault"
)

// Finding is one fault of a file.
type Finding struct {
	Line  int    // from 1; where the file is neither YAML nor JSON it is the parser's, which may be the one before
	Field string // the place in the file, as a path
	Code  string // stable, for programs
	Text  string // what is wrong, and what would be right
}

// Fault returns the finding as an Invalid fault whose text names the line.
func (f Finding) Fault() *fault.Error {
	return fault.BadField(f.Field, f.Code, "line %d: %s", f.Line, f.Text)
}

// Read reads the lists under the keys "types" and, where there is one, "policy". The first fault of the form is Invalid and names the line,
// and the field by its path in the file.
func Read(data []byte) (*gridcasev1.CatalogueVersion, error) {
	v, d := decode(data)
	if len(d.findings) > 0 {
		return nil, d.findings[0].Fault()
	}
	return v, nil
}

// Check returns every fault of a file, by line: of its form and of what it says.
func Check(data []byte) (*gridcasev1.CatalogueVersion, []Finding) {
	v, d := decode(data)
	found := d.findings
	for _, f := range catalog.Check(v) {
		found = append(found, Finding{Line: d.line(f.Field), Field: f.Field, Code: f.Code, Text: f.Text})
	}
	if len(found) == 0 && len(v.GetTypes()) == 0 {
		found = append(found, Finding{Line: 1, Field: "types", Code: "catalogue.empty", Text: "a catalogue has at least one case type"})
	}
	slices.SortStableFunc(found, func(a, b Finding) int { return a.Line - b.Line })
	return v, found
}

//go:embed default.yaml
var defaultYAML []byte

// Default returns the catalogue that a district starts with: the common case types of digital urban management with their conditions and
// limits, as cities print them, and a policy. Every city changes it.
func Default() (*gridcasev1.CatalogueVersion, error) { return Read(defaultYAML) }

func decode(data []byte) (*gridcasev1.CatalogueVersion, *decoder) {
	v, d := new(gridcasev1.CatalogueVersion), &decoder{lines: map[string]int{}}
	root := d.parse(data)
	if root == nil {
		return v, d
	}
	if root.Kind != yaml.MappingNode || len(root.Content) == 0 {
		d.bad(root, "", "catalogfile.malformed", `the file holds the key "types" with a list and, beside it, "policy"`)
		return v, d
	}
	types := false
	for pair := range slices.Chunk(root.Content, 2) {
		key, value := pair[0], pair[1]
		switch {
		case key.Value == "types" && value.Kind != yaml.SequenceNode:
			types = true
			d.bad(value, "types", "catalogfile.malformed", `under "types" stands a list`)
		case key.Value == "types" && !types, key.Value == "policy" && v.Policy == nil:
			types = types || key.Value == "types"
			d.lines[key.Value] = key.Line
			d.field(value, v.ProtoReflect(), v.ProtoReflect().Descriptor().Fields().ByJSONName(key.Value), key.Value)
		default:
			d.bad(key, "", "catalogfile.malformed", `%q stands here; the file holds the keys "types" and "policy", each once`, key.Value)
		}
	}
	if !types {
		d.bad(root, "", "catalogfile.malformed", `the file has no key "types" with a list`)
	}
	return v, d
}

// parse returns the one document of the file, nil where there is none.
func (d *decoder) parse(data []byte) *yaml.Node {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document, next yaml.Node
	if err := decoder.Decode(&document); err != nil {
		d.malformed(err)
		return nil
	}
	switch err := decoder.Decode(&next); {
	case errors.Is(err, io.EOF):
	case err != nil:
		d.malformed(err)
		return nil
	default:
		d.bad(&next, "", "catalogfile.malformed", "the file is one document; here begins another")
		return nil
	}
	if alias := findAlias(&document); alias != nil {
		d.bad(alias, "", "catalogfile.alias", "aliases are not read; write the value itself")
		return nil
	}
	return document.Content[0]
}

func (d *decoder) malformed(err error) {
	if errors.Is(err, io.EOF) {
		d.findings = append(d.findings, Finding{Line: 1, Code: "catalogfile.malformed", Text: "the file is empty"})
		return
	}
	line := 1
	_, _ = fmt.Sscanf(err.Error(), "yaml: line %d:", &line) // the parser tells it in words alone
	d.findings = append(d.findings, Finding{Line: line, Code: "catalogfile.malformed", Text: fmt.Sprintf("the file is neither YAML nor JSON: %v", err)})
}

// findAlias finds what would let a small file stand for a huge one.
func findAlias(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node
	}
	for _, child := range node.Content {
		if alias := findAlias(child); alias != nil {
			return alias
		}
	}
	return nil
}
