package main_test

import (
	bigendian "encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/deploy/boston311"
	"github.com/gridcase/gridcase/pkg/client"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

// onMonday is a time of 2 March 2026, a Monday, in the test district.
func onMonday(t *testing.T, clock string) time.Time {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", "2026-03-02 "+clock, zone)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// bringIn brings in a case that went from report to closing on that Monday, and was taken up by its department in ten minutes.
func (c city) bringIn(t *testing.T, caseType, condition, department, dispatched, handled string) (caseID string) {
	t.Helper()
	began := onMonday(t, dispatched).Add(-10 * time.Minute)
	id := uuid.Must(uuid.NewV7())
	bigendian.BigEndian.PutUint64(id[:8], uint64(began.UnixMilli())<<16|0x7000|uint64(id[7]))
	caseID = id.String()
	target := func(at time.Time) *gridcasev1.Target {
		return &gridcasev1.Target{CaseId: caseID, CommandId: uuid.NewString(), OccurredAt: timestamppb.New(at)}
	}
	steps := []client.Command{
		&gridcasev1.ReportCase{Target: target(began), CaseType: caseType, Point: referencetest.Point(1)},
		&gridcasev1.FileCase{Target: target(began.Add(5 * time.Minute)), Condition: condition, Waiver: gridcasev1.VerificationWaiver_VERIFICATION_WAIVER_IMPORT},
		&gridcasev1.DispatchCase{Target: target(onMonday(t, dispatched)), Department: department},
		&gridcasev1.SignTask{Target: target(onMonday(t, dispatched).Add(10 * time.Minute))},
		&gridcasev1.ReportHandling{Target: target(onMonday(t, handled)), Outcome: gridcasev1.HandlingOutcome_HANDLING_OUTCOME_RESOLVED},
		&gridcasev1.CloseCase{Target: target(onMonday(t, handled).Add(5 * time.Minute)), Waiver: gridcasev1.InspectionWaiver_INSPECTION_WAIVER_IMPORT},
	}
	for _, cmd := range steps {
		if _, err := c.as("importer").Do(t.Context(), cmd); err != nil {
			t.Fatalf("%T: %v", cmd, err)
		}
	}
	return caseID
}

// halved are the test district's limits divided by two, and a route that sends pipes of the first community to the roads.
const halved = `types:
  - id: parking.motor
    nameEn: parking
    photos: [{kind: far, minReport: 1}]
    fields:
      - {name: place_kind, kind: choice, required: true, choices: [carriageway, footway]}
      - {name: plate, kind: text}
      - {name: ticket_no, kind: code}
    conditions:
      - {id: C2, limit: 1 hour working, checklist: [cleared], lead: roads}
      - {id: C3, limit: 2 hour working, lead: roads, closeFields: [ticket_no]}
  - id: drain.pipe
    nameEn: pipe blocked
    selfFix: true
    conditions:
      - {id: B2, limit: 2 hour working, lead: water}
    routes:
      - {areas: ["` + referencetest.District + `001001"], department: roads}
`

// compare runs 'gridcase whatif' on that Monday.
func (c city) compare(t *testing.T, args ...string) (string, error) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), path, append([]string{"whatif", "--url", c.queries, "--token", referencetest.Token("leader"), "--from", "2026-03-02", "--to", "2026-03-03"}, args...)...)
	run.Env = append(os.Environ(), "TZ=Asia/Shanghai")
	out, err := run.CombinedOutput()
	return string(out), err
}

// TestAPeriodIsComparedWithWhatHalfTheLimitsWouldHaveMadeOfIt: parking had two working hours and pipes four, from dispatch at 09:10 until 11:10,
// and from 11:00 over the lunch from 12 to 14 until 17:00; with half of it until 10:10 and 15:00.
func TestAPeriodIsComparedWithWhatHalfTheLimitsWouldHaveMadeOfIt(t *testing.T) {
	t.Parallel()
	r := start(t, "up", "--data", dataDir(t))
	c := city{"http://" + r.api, "http://" + r.api}
	c.open(t)
	c.bringIn(t, "parking.motor", "C2", "roads", "09:10", "10:00")          // in time by both
	c.bringIn(t, "parking.motor", "C2", "roads", "09:10", "15:30")          // late by both
	flips := c.bringIn(t, "parking.motor", "C2", "roads", "09:10", "10:30") // 80 minutes
	pipe := c.bringIn(t, "drain.pipe", "B2", "water", "11:00", "16:00")     // three working hours
	file := filepath.Join(t.TempDir(), "halved.yaml")
	if err := os.WriteFile(file, []byte(halved), 0o600); err != nil {
		t.Fatal(err)
	}
	before := c.last(t)
	out, err := c.compare(t, "--catalog", file, "--by", "department", "--cases")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{
		"25 events replayed, 4 cases with work that was due, or would have been; nothing was written",
		"handle 3 2 (66.7 %) 3 1 (33.3 %) 1 0", "handle 1 1 (100.0 %) 1 0 (0.0 %) 1 0", "sign 3 3 (100.0 %) 3 3 (100.0 %) 0 0",
		"dispatches, of which 1 would go elsewhere", "roads 3 4", "water 1 0",
		"parking.motor handle roads 2026-03-02 09:10:00 2026-03-02 10:30:00 2026-03-02 11:10:00 2026-03-02 10:10:00 late",
		"drain.pipe handle water 2026-03-02 11:00:00 2026-03-02 16:00:00 2026-03-02 17:00:00 2026-03-02 15:00:00 late",
		"water roads route 1 of drain.pipe", "people do the same things at the same times",
	} {
		if !strings.Contains(words(out), want) {
			t.Errorf("the output doesn't say %q:\n%s", want, out)
		}
	}
	c.answersInJSON(t, file, flips, pipe)
	c.comparesCalendars(t)
	c.publishesCalendars(t)
	c.keepsScope(t)
	c.refusesComparisons(t)
	if after := c.last(t); after != before || before != 25 { // six a case, and the breach of the late one
		t.Errorf("the log had %d events before, %d after", before, after)
	}
}

// cityByTheWall compares the imported year with limits of days by the wall. What a night, a weekend or the first of January had kept in time is
// late then: seven calls for parking enforcement of the first two days of the year, a Saturday and a Sunday, that were answered on the Monday.
func cityByTheWall(t *testing.T, c city) {
	t.Helper()
	current, err := c.as("operator").Query.GetCatalogue(t.Context(), &gridcasev1.GetCatalogueRequest{District: boston311.District})
	if err != nil {
		t.Fatal(client.Fault(err))
	}
	other := current.GetCatalogue()
	for _, k := range other.GetTypes() {
		for _, rule := range k.GetConditions() {
			if rule.GetLimit() != nil {
				rule.Limit.Basis = gridcasev1.LimitBasis_LIMIT_BASIS_WALL
			}
		}
	}
	answer, err := c.as("operator").Study.WhatIf(t.Context(), &gridcasev1.WhatIfRequest{District: boston311.District, FromDay: "2022-01-01", ToDay: "2022-12-01", By: "department", Limit: 100, Catalogue: other})
	if err != nil {
		t.Fatal(client.Fault(err))
	}
	for _, s := range answer.GetGroups()[0].GetStages() {
		got := [6]uint64{s.GetDue(), s.GetOnTime(), s.GetWouldBeDue(), s.GetWouldBeOnTime(), s.GetBecameLate(), s.GetBecameOnTime()}
		if want := [6]uint64{97, 80, 97, 73, 7, 0}; s.GetStage() == gridcasev1.Stage_STAGE_HANDLE && got != want {
			t.Errorf("handling by the wall: %v, want %v", got, want)
		}
	}
	if len(answer.GetClocks()) != 7 {
		t.Errorf("%d clocks are listed, want 7", len(answer.GetClocks()))
	}
	for _, k := range answer.GetClocks() {
		if k.GetCaseType() != "boston.parking_enforcement" || !k.GetWouldBeDue().AsTime().Equal(k.GetStarted().AsTime().Add(24*time.Hour)) || !k.GetDone().AsTime().After(k.GetWouldBeDue().AsTime()) || k.GetDone().AsTime().After(k.GetDue().AsTime()) {
			t.Errorf("a clock that does not flip: %v", k)
		}
	}
}

// words are a text's words with one blank between them.
func words(s string) string { return strings.Join(strings.Fields(s), " ") }

// last is the last sequence of the log of 2026.
func (c city) last(t *testing.T) uint64 {
	t.Helper()
	answer, err := c.as("operator").Query.ReadLog(t.Context(), &gridcasev1.ReadLogRequest{Year: 2026, Limit: 1})
	if err != nil {
		t.Fatal(client.Fault(err))
	}
	return answer.GetLast()
}

func (c city) answersInJSON(t *testing.T, file, flips, pipe string) {
	t.Helper()
	out, err := c.compare(t, "--catalog", file, "--cases", "--json")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	answer := new(gridcasev1.WhatIfResponse)
	if err := protojson.Unmarshal([]byte(out), answer); err != nil {
		t.Fatal(err)
	}
	if len(answer.GetClocks()) != 2 || answer.GetClocks()[0].GetCaseId() != flips || answer.GetClocks()[1].GetCaseId() != pipe || len(answer.GetRoutes()) != 1 || answer.GetRoutes()[0].GetCaseId() != pipe {
		t.Errorf("the clocks and routes are %v %v", answer.GetClocks(), answer.GetRoutes())
	}
}

// comparesCalendars closes the Monday: what was late by working hours is due on Tuesday.
func (c city) comparesCalendars(t *testing.T) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "closed.yaml")
	if err := os.WriteFile(file, []byte("zone: Asia/Shanghai\nperiods: [mon-fri 08:00-12:00, mon-fri 14:00-18:00]\nholidays: [2026-03-02]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := c.compare(t, "--calendar", file, "--cases")
	for _, want := range []string{"handle 4 3 (75.0 %) 4 4 (100.0 %) 0 1", "2026-03-02 15:30:00 2026-03-02 11:10:00 2026-03-03 10:00:00 on time"} {
		if err != nil || !strings.Contains(words(out), want) {
			t.Errorf("%v: the output doesn't say %q:\n%s", err, want, out)
		}
	}
	if err := os.WriteFile(file, []byte("zone: Asia/Shanghai\nperiods: [mon-fri 08:00-12:00]\nholidays: [2026-03-32]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := c.compare(t, "--calendar", file); err == nil || !strings.Contains(out, "line 3: a day looks like 2026-02-14") || !strings.Contains(out, "calendar.day, field holidays[0]") {
		t.Errorf("a calendar with a day that is none: %v\n%s", err, out)
	}
}

// publishesCalendars checks, writes and publishes files of working time.
func (c city) publishesCalendars(t *testing.T) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	calendar := func(args ...string) string {
		out, _ := exec.CommandContext(t.Context(), path, append([]string{"calendar"}, args...)...).CombinedOutput() // some are refused
		return string(out)
	}
	sound, faulty := filepath.Join(t.TempDir(), "cn.yaml"), filepath.Join(t.TempDir(), "faulty.yaml")
	file := calendar("builtin", "cn-2026")
	for name, text := range map[string]string{sound: file, faulty: strings.Replace(file, "mon-fri 08:00", "mon-fri 8", 1)} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	publish := []string{"publish", "--url", c.commands, "--token", referencetest.OperatorToken, "--district", referencetest.District, sound}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"check", sound}, "is sound: Asia/Shanghai, 10 periods a week"},
		{[]string{"check", faulty}, `faulty.yaml:3: "mon-fri 8-12:00" is no period`},
		{[]string{"builtin", "mars"}, "there is no calendar"},
		{publish, "district " + referencetest.District + ": version 2"},
		{publish, "district " + referencetest.District + ": version 2 says this already"},
	} {
		if out := calendar(tt.args...); !strings.Contains(out, tt.want) {
			t.Errorf("calendar %v: the output doesn't say %q:\n%s", tt.args, tt.want, out)
		}
	}
}

// monday asks for that Monday by another policy.
func monday() *gridcasev1.WhatIfRequest {
	return &gridcasev1.WhatIfRequest{FromDay: "2026-03-02", ToDay: "2026-03-03", Limit: 10, By: "department", Policy: &gridcasev1.Policy{Stages: []*gridcasev1.StageLimit{{Stage: gridcasev1.Stage_STAGE_SIGN,
		Limit: &gridcasev1.Limit{Value: 9, Unit: gridcasev1.LimitUnit_LIMIT_UNIT_MINUTE, Basis: gridcasev1.LimitBasis_LIMIT_BASIS_WALL}}}}}
}

// keepsScope checks that a department sees its own work alone.
func (c city) keepsScope(t *testing.T) {
	t.Helper()
	answer, err := c.as("water-manager").Query.WhatIf(t.Context(), monday())
	if err != nil || len(answer.GetGroups()) != 1 || answer.GetGroups()[0].GetId() != "water" || len(answer.GetClocks()) != 1 || answer.GetClocks()[0].GetDepartment() != "water" || answer.GetCases() != 1 {
		t.Errorf("the water department sees %v (%v)", answer, err)
	}
	q := monday()
	q.By = ""
	for user, code := range map[string]string{"water-manager": "whatif.scope", "acceptor": "access.role", "worker-1": "access.role"} {
		if _, err := c.as(user).Query.WhatIf(t.Context(), q); client.Fault(err).Code != code {
			t.Errorf("%s: %v, want %s", user, err, code)
		}
	}
}

// refusesComparisons checks what is no comparison, and that the fault says where.
func (c city) refusesComparisons(t *testing.T) {
	t.Helper()
	short := &gridcasev1.CatalogueVersion{Types: referencetest.Catalogue().GetTypes()[:1]}
	fewer := &gridcasev1.CatalogueVersion{Types: referencetest.Catalogue().GetTypes()}
	fewer.Types[0].Conditions = fewer.GetTypes()[0].GetConditions()[:1]
	wrong := &gridcasev1.CatalogueVersion{Types: referencetest.Catalogue().GetTypes()}
	wrong.Types[1].Conditions[0].CloseFields = []string{"depth"}
	for _, tt := range []struct {
		code, field string
		change      func(q *gridcasev1.WhatIfRequest)
	}{
		{"whatif.same", "catalogue", func(q *gridcasev1.WhatIfRequest) { q.Policy = nil }},
		{"whatif.period", "from", func(q *gridcasev1.WhatIfRequest) { q.FromDay, q.ToDay = "", "" }},
		{"whatif.period", "from", func(q *gridcasev1.WhatIfRequest) { q.FromDay, q.ToDay = "2999-01-01", "2999-02-01" }},
		{"whatif.period", "from", func(q *gridcasev1.WhatIfRequest) { q.Period = "last-week" }},
		{"catalogue.type_vanished", "catalogue", func(q *gridcasev1.WhatIfRequest) { q.Catalogue = short }},
		{"catalogue.condition_vanished", "catalogue", func(q *gridcasev1.WhatIfRequest) { q.Catalogue = fewer }},
		{"catalogue.close_field", "catalogue.types[1].conditions[0].close_fields", func(q *gridcasev1.WhatIfRequest) { q.Catalogue = wrong }},
		{"calendar.zone", "calendar.zone", func(q *gridcasev1.WhatIfRequest) { q.Calendar = &gridcasev1.CalendarVersion{Zone: "Weibin"} }},
		{"catalogue.policy_stage", "policy.stages[0].stage", func(q *gridcasev1.WhatIfRequest) { q.Policy.Stages[0].Stage = gridcasev1.Stage_STAGE_HANDLE }},
	} {
		q := proto.CloneOf(monday())
		tt.change(q)
		if _, err := c.as("leader").Query.WhatIf(t.Context(), q); client.Fault(err).Code != tt.code || client.Fault(err).Field != tt.field {
			t.Errorf("%v of field %q, want %s of %q", err, client.Fault(err).Field, tt.code, tt.field)
		}
	}
}
