package main_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

// problem is an error as curl sees it.
type problem struct {
	Code, Field, Detail string
	Status, RetryAfter  int
}

// post sends raw JSON as a user and returns the status and the problem, if it is one.
func post(t *testing.T, c city, token, procedure, body string) (int, problem) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.commands+"/gridcase.v1."+procedure, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	var p problem
	if answer.StatusCode >= 400 {
		if kind := answer.Header.Get("Content-Type"); kind != "application/problem+json" {
			t.Errorf("%s: an error of type %q: %s", procedure, kind, b)
		}
		if err := json.Unmarshal(b, &p); err != nil {
			t.Errorf("%s: %v in %s", procedure, err, b)
		}
	}
	return answer.StatusCode, p
}

// TestBadInputGetsAClearErrorAndChangesNothing sends what a broken or hostile client would.
func TestBadInputGetsAClearErrorAndChangesNothing(t *testing.T) {
	t.Parallel()
	r := start(t, "up", "--data", dataDir(t))
	c := city{"http://" + r.api, "http://" + r.api}
	c.open(t)
	target := func() string {
		return fmt.Sprintf(`"target":{"caseId":%q,"commandId":%q}`, newCaseID(t), uuid.NewString())
	}
	const good = `"caseType":"drain.pipe","point":{"longitude":107.5,"latitude":34.5}`
	long := strings.Repeat("x", 2<<20)
	worker := referencetest.Token("worker-1")
	for _, tt := range []struct {
		name, token, procedure, body string
		status                       int
		code, field                  string
	}{
		{"no token", "", "FieldService/ReportCase", `{` + target() + `,` + good + `}`, 401, "access.token", ""},
		{"a token of nobody", "nobody", "FieldService/ReportCase", `{` + target() + `,` + good + `}`, 401, "access.token", ""},
		{"a role that may not", worker, "DeskService/FileCase", `{` + target() + `,"condition":"B2"}`, 403, "access.role", ""},
		{"an unknown field", worker, "FieldService/ReportCase", `{` + target() + `,` + good + `,"status":"CLOSED"}`, 400, "request.malformed", ""},
		{"no JSON", worker, "FieldService/ReportCase", `{`, 400, "request.malformed", ""},
		{"invalid UTF-8", worker, "FieldService/ReportCase", `{` + target() + `,` + good + ",\"description\":\"\xff\xfe\"}", 400, "request.malformed", ""},
		{"an oversize body", worker, "FieldService/ReportCase", `{` + target() + `,` + good + `,"description":"` + long + `"}`, 413, "request.too_large", ""},
		{"no target", worker, "FieldService/ReportCase", `{` + good + `}`, 400, "request.invalid", "target"},
		{"a case id that is none", worker, "FieldService/ReportCase", `{"target":{"caseId":"1","commandId":"` + uuid.NewString() + `"},` + good + `}`, 400, "request.invalid", "target.case_id"},
		{"a case id without a time", worker, "FieldService/ReportCase", `{"target":{"caseId":"` + uuid.NewString() + `","commandId":"` + uuid.NewString() + `"},` + good + `}`, 400, "case.id", "target.case_id"},
		{"an id of the far past", worker, "FieldService/ReportCase", `{"target":{"caseId":"016f5e66-e800-7000-8000-000000000000","commandId":"` + uuid.NewString() + `"},` + good + `}`, 400, "case.id_time", "target.case_id"},
		{"an unknown case type", worker, "FieldService/ReportCase", `{` + target() + `,"caseType":"moon.landing","point":{"longitude":107.5,"latitude":34.5}}`, 400, "case_type.unknown", "case_type"},
		{"a point in no grid", worker, "FieldService/ReportCase", `{` + target() + `,"caseType":"drain.pipe","point":{"longitude":116.4,"latitude":39.9}}`, 400, "point.outside", "point"},
		{"a point off the globe", worker, "FieldService/ReportCase", `{` + target() + `,"caseType":"drain.pipe","point":{"longitude":200,"latitude":39.9}}`, 400, "request.invalid", "point.longitude"},
		{"an unknown grid", worker, "FieldService/ReportCase", `{` + target() + `,` + good + `,"grid":"610399001001999"}`, 400, "grid.unknown", "grid"},
		{"another grid than the point's", worker, "FieldService/ReportCase", `{` + target() + `,` + good + `,"grid":"` + referencetest.Cell(2) + `"}`, 400, "grid.mismatch", "grid"},
		{"an unknown field of the type", worker, "FieldService/ReportCase", `{` + target() + `,` + good + `,"fields":[{"name":"colour","choice":"red"}]}`, 400, "field.unknown", "fields[0]"},
		{"an unknown state in an enum", worker, "FieldService/ReportCase", `{` + target() + `,` + good + `,"source":"SOURCE_MARS"}`, 400, "request.malformed", ""},
		{"a time that only importers set", worker, "FieldService/ReportCase", `{"target":{"caseId":"` + newCaseID(t) + `","commandId":"` + uuid.NewString() + `","occurredAt":"2026-01-01T00:00:00Z"},` + good + `}`, 400, "time.importer_only", "target.occurred_at"},
		{"a foreign district", worker, "FieldService/ReportCase", `{"target":{"caseId":"` + newCaseID(t) + `","commandId":"` + uuid.NewString() + `","district":"110101"},` + good + `}`, 404, "district.unknown", ""},
		{"a case of nobody", referencetest.Token("acceptor"), "DeskService/FileCase", `{` + target() + `,"condition":"B2"}`, 404, "case.not_found", ""},
		{"a position that is none", worker, "QueryService/GetGridMap", `{"atLeast":["yesterday"]}`, 400, "position.malformed", "at_least"},
		{"a page that is none", referencetest.Token("acceptor"), "QueryService/ListQueue", `{"queue":"acceptor","page":"2"}`, 400, "page.malformed", "page"},
		{"another's queue", worker, "QueryService/ListQueue", `{"queue":"acceptor"}`, 403, "access.queue", ""},
		{"an unknown area", worker, "QueryService/GetGridStatus", `{"code":"610399999"}`, 404, "grid.unknown", ""},
		{"a procedure that is none", worker, "QueryService/DropTables", `{}`, 404, "request.unknown_procedure", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, p := post(t, c, tt.token, tt.procedure, tt.body)
			if status != tt.status || p.Code != tt.code || p.Field != tt.field || p.Detail == "" {
				t.Errorf("answered %d %+v, want %d %s %q", status, p, tt.status, tt.code, tt.field)
			}
		})
	}
	answer, err := c.as("operator").Query.ReadLog(t.Context(), &gridcasev1.ReadLogRequest{District: referencetest.District})
	if client.Fault(err).Code != "log.no_year" {
		t.Errorf("the log holds %v (%v) after refused commands alone", answer.GetEntries(), err)
	}
}
