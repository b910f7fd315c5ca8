package openapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"buf.build/go/protovalidate"
	"github.com/google/go-cmp/cmp"
	"github.com/pb33f/libopenapi"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/openapi"
	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// described is the part of the document that the tests read.
type described struct {
	OpenAPI string `json:"openapi"`
	Paths   map[string]struct {
		Post struct {
			OperationID string `json:"operationId"`
			Description string
			Responses   map[string]json.RawMessage
		}
	}
	Components struct {
		Schemas   map[string]schema
		Responses map[string]struct {
			Headers map[string]any
			Content map[string]any
		}
	}
}

type schema struct {
	Ref        string `json:"$ref"`
	Protobuf   string `json:"x-protobuf"`
	Required   []string
	Properties map[string]schema
	Closed     *bool `json:"additionalProperties"`
	Type       any
	Pattern    string
	Minimum    *float64
	Maximum    *float64
	MaxItems   int
	Unique     bool `json:"uniqueItems"`
	Items      *schema
	Not        any
	AllOf      []struct{ OneOf []schema }
	Enum       []string
}

func read(t *testing.T) described {
	t.Helper()
	var d described
	if err := json.Unmarshal(openapi.JSON(), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

var services = []protoreflect.ServiceDescriptor{
	gridcasev1.File_gridcase_v1_field_service_proto.Services().Get(0),
	gridcasev1.File_gridcase_v1_desk_service_proto.Services().Get(0),
	gridcasev1.File_gridcase_v1_query_service_proto.Services().Get(0),
	gridcasev1.File_gridcase_v1_works_service_proto.Services().Get(0),
	gridcasev1.File_gridcase_v1_evidence_service_proto.Services().Get(0),
}

func TestTheDocumentIsValidOpenAPI31(t *testing.T) {
	doc, err := libopenapi.NewDocument(openapi.JSON())
	if err != nil {
		t.Fatal(err)
	}
	model, err := doc.BuildV3Model()
	if err != nil {
		t.Fatal(err)
	}
	if model.Model.Version != "3.1.0" {
		t.Errorf("version %s, want 3.1.0", model.Model.Version)
	}
	if circles := model.Index.GetCircularReferences(); len(circles) > 0 {
		t.Errorf("circular references: %v", circles)
	}
	for pair := model.Model.Components.Schemas.First(); pair != nil; pair = pair.Next() {
		if _, err := pair.Value().BuildSchema(); err != nil {
			t.Errorf("schema %s: %v", pair.Key(), err)
		}
	}
}

func TestEveryProcedureHasItsPathAndItsErrors(t *testing.T) {
	d := read(t)
	count := 0
	for _, s := range services {
		for i := range s.Methods().Len() {
			count++
			path := "/" + string(s.FullName()) + "/" + string(s.Methods().Get(i).Name())
			post := d.Paths[path].Post
			if post.OperationID == "" || post.Description == "" {
				t.Errorf("%s has no operation or no description", path)
			}
			for _, status := range strings.Fields("200 400 401 403 404 409 413 500 503") {
				if post.Responses[status] == nil {
					t.Errorf("%s has no answer %s", path, status)
				}
			}
		}
	}
	if len(d.Paths) != count {
		t.Errorf("%d paths for %d procedures", len(d.Paths), count)
	}
}

func TestErrorsAreProblemDetails(t *testing.T) {
	d := read(t)
	for name, r := range d.Components.Responses {
		if r.Content["application/problem+json"] == nil {
			t.Errorf("%s is no problem detail", name)
		}
	}
	if d.Components.Responses["Unavailable"].Headers["Retry-After"] == nil {
		t.Errorf("%s (%d) lacks Retry-After", fault.Unavailable, fault.Unavailable.HTTPStatus())
	}
}

// TestARequestNeedsWhatTheServerNeeds holds the schemas of requests to the validator that the server uses: an empty message breaks the
// rules in exactly the fields that the schema requires.
func TestARequestNeedsWhatTheServerNeeds(t *testing.T) {
	validator, err := protovalidate.New()
	if err != nil {
		t.Fatal(err)
	}
	requests := 0
	for name, s := range read(t).Components.Schemas {
		if s.Closed == nil {
			continue
		}
		requests++
		descriptor, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(s.Protobuf))
		if err != nil {
			t.Fatal(err)
		}
		message := descriptor.(protoreflect.MessageDescriptor)
		if diff := cmp.Diff(refused(t, validator, message), slices.Sorted(slices.Values(s.Required))); diff != "" {
			t.Errorf("%s (-server +schema):\n%s", name, diff)
		}
	}
	if requests < 20 {
		t.Errorf("only %d schemas of requests", requests)
	}
}

// refused returns the fields of an empty message that the validator names, in JSON's spelling.
func refused(t *testing.T, v protovalidate.Validator, m protoreflect.MessageDescriptor) []string {
	t.Helper()
	err := v.Validate(dynamicpb.NewMessage(m))
	if err == nil {
		return nil
	}
	broken, ok := err.(*protovalidate.ValidationError)
	if !ok {
		t.Fatal(err)
	}
	var names []string
	for _, violation := range broken.Violations {
		for _, element := range violation.Proto.GetField().GetElements() {
			if f := m.Fields().ByNumber(protoreflect.FieldNumber(element.GetFieldNumber())); f != nil {
				names = append(names, f.JSONName())
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func TestARequestIsClosedAndCarriesTheRules(t *testing.T) {
	s := read(t).Components.Schemas
	report := s["ReportCase"]
	if report.Closed == nil || *report.Closed {
		t.Error("a report takes unknown fields")
	}
	if got := report.Properties["photos"].MaxItems; got != 30 {
		t.Errorf("a report takes %d photos, want 30", got)
	}
	if longitude := s["GeoPointInput"].Properties["longitude"]; longitude.Minimum == nil || *longitude.Minimum != -180 || *longitude.Maximum != 180 {
		t.Errorf("longitude from %v to %v", longitude.Minimum, longitude.Maximum)
	}
	if assisting := s["DispatchCase"].Properties["assisting"]; !assisting.Unique || assisting.Items.Pattern == "" {
		t.Errorf("assisting departments: %+v", assisting)
	}
	if s["SubmitInspection"].Properties["result"].Not == nil {
		t.Error("an inspection may have no result")
	}
	if choice := s["FieldInput"].AllOf; len(choice) != 1 || len(choice[0].OneOf) != 6 {
		t.Errorf("a field's value is not one of six: %+v", choice)
	}
	if choice := s["CaseRef"].AllOf; len(choice) != 1 || len(choice[0].OneOf) != 2 {
		t.Errorf("a case is not named by id or number: %+v", choice)
	}
}

func TestAnAnswerIsOpenSoThatFieldsMayBeAdded(t *testing.T) {
	s := read(t).Components.Schemas
	for _, name := range []string{"Receipt", "CaseStatus", "GeoPoint", "Photo", "Problem"} {
		if s[name].Protobuf == "" || s[name].Closed != nil || len(s[name].Required) > 0 {
			t.Errorf("%s binds the server: %+v", name, s[name])
		}
	}
	if got := s["Receipt"].Properties["version"].Type; got != "string" {
		t.Errorf("a version is answered as %v, want string", got)
	}
	sent := s["Target"].Properties["expectedVersion"].Type
	if diff := cmp.Diff([]any{"string", "integer"}, sent); diff != "" {
		t.Error(diff)
	}
}

func TestTheHandlerServesTheDocumentOnce(t *testing.T) {
	h := openapi.Handler()
	first := httptest.NewRecorder()
	h.ServeHTTP(first, httptest.NewRequest(http.MethodGet, "/openapi.json", nil))
	if first.Code != http.StatusOK || first.Header().Get("Content-Type") != "application/json" {
		t.Fatalf("answer %d, %s", first.Code, first.Header().Get("Content-Type"))
	}
	if diff := cmp.Diff(openapi.JSON(), first.Body.Bytes()); diff != "" {
		t.Error(diff)
	}
	again := httptest.NewRequest(http.MethodGet, "/openapi.json", nil)
	again.Header.Set("If-None-Match", first.Header().Get("ETag"))
	second := httptest.NewRecorder()
	h.ServeHTTP(second, again)
	if second.Code != http.StatusNotModified {
		t.Errorf("asked again with the entity tag: %d, want 304", second.Code)
	}
	post := httptest.NewRecorder()
	h.ServeHTTP(post, httptest.NewRequest(http.MethodPost, "/openapi.json", nil))
	if post.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d, want 405", post.Code)
	}
}
