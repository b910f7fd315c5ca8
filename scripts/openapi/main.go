// Command openapi writes the description of the API (OpenAPI 3.1) from a descriptor set with comments on standard input. It owns how
// the contract reads as JSON over HTTP; it never adds anything that the contract and pkg/fault don't say.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "openapi:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	files, err := readFiles(in)
	if err != nil {
		return err
	}
	doc, err := describe(files)
	if err != nil {
		return fmt.Errorf("describe the contract: %w", err)
	}
	buffered := bufio.NewWriter(out)
	e := json.NewEncoder(buffered)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(doc); err != nil {
		return fmt.Errorf("encode the document: %w", err)
	}
	return buffered.Flush()
}

func readFiles(in io.Reader) (*protoregistry.Files, error) {
	data, err := io.ReadAll(in)
	if err != nil {
		return nil, fmt.Errorf("read the descriptor set: %w", err)
	}
	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(data, &set); err != nil {
		return nil, fmt.Errorf("decode the descriptor set: %w", err)
	}
	files, err := protodesc.NewFiles(&set)
	if err != nil {
		return nil, fmt.Errorf("link the descriptor set: %w", err)
	}
	return files, nil
}
