// Package catalogfile reads a catalogue of case types from YAML or JSON. It owns the file's form: fields as in the contract's JSON, enums by
// their short or full names, limits also as "2 hour wall". It never judges what the types say; pkg/catalog does.
//
// # Decisions
//
// 2026-11: a file is read strictly: an unknown key, a key twice, an alias or a second document is a fault, because a catalogue is published
// for ever. A text is what stands in the file, so the code 0302 needs no quotes.
package catalogfile

import (
	"bytes"
	"errors"
	"io"

	"go.yaml.in/yaml/v3"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// Read reads the list under the key "types". Every fault is Invalid and names the line, and the field by its path in the file. In a file that
// is neither YAML nor JSON the line is the parser's, which may be the one before.
func Read(data []byte) ([]*gridcasev1.CaseType, error) {
	root, err := parse(data)
	if err != nil {
		return nil, err
	}
	if root.Kind != yaml.MappingNode || len(root.Content) != 2 || root.Content[0].Value != "types" || root.Content[1].Kind != yaml.SequenceNode {
		return nil, bad(root, "", "catalogfile.malformed", `the file holds one key, "types", with a list`)
	}
	nodes := root.Content[1].Content
	types := make([]*gridcasev1.CaseType, len(nodes))
	for i, node := range nodes {
		types[i] = new(gridcasev1.CaseType)
		if err := decodeMessage(node, types[i].ProtoReflect(), element("types", i)); err != nil {
			return nil, err
		}
	}
	return types, nil
}

// parse returns the one document of the file.
func parse(data []byte) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document, next yaml.Node
	if err := decoder.Decode(&document); err != nil {
		return nil, malformed(err)
	}
	switch err := decoder.Decode(&next); {
	case errors.Is(err, io.EOF):
		return document.Content[0], refuseAliases(&document)
	case err != nil:
		return nil, malformed(err)
	}
	return nil, bad(&next, "", "catalogfile.malformed", "the file is one document; here begins another")
}

func malformed(err error) error {
	if errors.Is(err, io.EOF) {
		return fault.New(fault.Invalid, "catalogfile.malformed", "line 1: the file is empty")
	}
	return fault.New(fault.Invalid, "catalogfile.malformed", "the file is neither YAML nor JSON: %v", err)
}

// refuseAliases keeps a small file from standing for a huge one.
func refuseAliases(node *yaml.Node) error {
	if node.Kind == yaml.AliasNode {
		return bad(node, "", "catalogfile.alias", "aliases are not read; write the value itself")
	}
	for _, child := range node.Content {
		if err := refuseAliases(child); err != nil {
			return err
		}
	}
	return nil
}
