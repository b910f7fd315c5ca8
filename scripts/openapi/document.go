package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// contract is the package whose services and messages are described.
const contract protoreflect.FullName = "gridcase.v1"

const about = "City supervision cases. Every procedure is an HTTP POST with a JSON body; the same paths take the Connect protocol's binary form and gRPC. " +
	"64-bit integers are strings in answers, strings or numbers in requests; instants are RFC 3339; a field that is absent in an answer has its zero value; " +
	"a field that the description doesn't name is refused in a request. A command may be sent again after any fault: its id yields the same receipt for ever."

// object is a JSON object; its keys are written in alphabetical order.
type object = map[string]any

// document is the whole description, its parts in the order of the specification.
type document struct {
	OpenAPI    string            `json:"openapi"`
	Info       object            `json:"info"`
	Security   []object          `json:"security"`
	Tags       []object          `json:"tags"`
	Paths      map[string]object `json:"paths"`
	Components map[string]object `json:"components"`
}

// describe makes the document of every service of the contract.
func describe(files *protoregistry.Files) (*document, error) {
	services, err := servicesOf(files)
	if err != nil {
		return nil, err
	}
	problem, err := files.FindDescriptorByName(contract.Append("Problem"))
	if err != nil {
		return nil, fmt.Errorf("find the message of errors: %w", err)
	}
	d := newDictionary(services, problem.(protoreflect.MessageDescriptor))
	doc := &document{
		OpenAPI:  "3.1.0",
		Info:     object{"title": "gridcase", "version": "v1", "description": about, "license": object{"name": "Apache-2.0", "identifier": "Apache-2.0"}},
		Security: []object{{"bearer": []string{}}},
		Paths:    map[string]object{},
	}
	for _, s := range services {
		doc.Tags = append(doc.Tags, object{"name": s.Name(), "description": comment(s)})
		for m := range all(s.Methods()) {
			doc.Paths[fmt.Sprintf("/%s/%s", s.FullName(), m.Name())] = object{"post": operation(d, m)}
		}
	}
	responses := problemResponses(d.ref(problem.(protoreflect.MessageDescriptor), answer))
	doc.Components = map[string]object{
		"schemas":         d.schemas,
		"responses":       responses,
		"securitySchemes": {"bearer": object{"type": "http", "scheme": "bearer", "description": "The token of a user of the district."}},
	}
	return doc, errors.Join(d.faults...)
}

// servicesOf returns the contract's services by name.
func servicesOf(files *protoregistry.Files) ([]protoreflect.ServiceDescriptor, error) {
	var services []protoreflect.ServiceDescriptor
	for f := range func(yield func(protoreflect.FileDescriptor) bool) { files.RangeFilesByPackage(contract, yield) } {
		services = slices.AppendSeq(services, all(f.Services()))
	}
	if len(services) == 0 {
		return nil, fmt.Errorf("package %s has no service", contract)
	}
	slices.SortFunc(services, func(a, b protoreflect.ServiceDescriptor) int { return cmp.Compare(a.Name(), b.Name()) })
	return services, nil
}

func operation(d *dictionary, m protoreflect.MethodDescriptor) object {
	if m.IsStreamingClient() {
		d.fail(m, "a stream of requests is not described")
	}
	text := comment(m)
	if text == "" {
		text = comment(m.Input())
	}
	content, done := jsonContent, "Done."
	if m.IsStreamingServer() {
		content, done = streamContent, "Messages in envelopes of the Connect protocol, each told when it is known; errors end the stream. So is the request's one message sent."
	}
	responses := object{"200": object{"description": done, "content": content(d.ref(m.Output(), answer))}}
	for _, p := range problems {
		responses[p.status()] = object{"$ref": "#/components/responses/" + p.name}
	}
	return object{
		"operationId": fmt.Sprintf("%s_%s", m.Parent().Name(), m.Name()),
		"tags":        []any{m.Parent().Name()},
		"summary":     firstSentence(text),
		"description": text,
		"requestBody": object{"required": true, "content": content(d.ref(m.Input(), request))},
		"responses":   responses,
	}
}

func jsonContent(schema object) object {
	return object{"application/json": object{"schema": schema}}
}

func streamContent(schema object) object {
	return object{"application/connect+json": object{"schema": schema}}
}
