package worksfile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/worksfile"
)

var shanghai = time.FixedZone("UTC+8", 8*3600)

const (
	header = "project_code,road,kind,length_m,segments,planned_start,planned_end,contractor,permit_no,permit_from,permit_to,area,radius_m\n"
	plan   = "P-1,示例路01,雨污分流,300,2,2026-03-01,2026-05-31,示例公司,"
	permit = `Z/1,2026-02-20,2026-06-10,"POLYGON ((107 34, 107.1 34, 107.1 34.1, 107 34))",`
)

var rings = []*gridcasev1.Ring{{Coordinates: []float64{107, 34, 107.1, 34, 107.1, 34.1, 107, 34}}}

func at(year int, month time.Month, day, hour, minute, second int) *timestamppb.Timestamp {
	return timestamppb.New(time.Date(year, month, day, hour, minute, second, 0, shanghai))
}

func read(t *testing.T, text string) *worksfile.Programme {
	t.Helper()
	p, err := worksfile.Read([]byte(text), shanghai)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestARowIsAProjectWithItsPermit(t *testing.T) {
	t.Parallel()
	p := read(t, "\ufeff# made by hand\n"+header+plan+permit+"\n")
	want := &worksfile.Programme{Rows: []worksfile.Row{{Line: 3, Code: "P-1",
		Plan: &gridcasev1.PlanProject{Road: "示例路01", Kind: gridcasev1.WorksKind_WORKS_KIND_SEPARATION, Contractor: "示例公司",
			Segments:     []*gridcasev1.Segment{{Id: "S1", LengthM: 150}, {Id: "S2", LengthM: 150}},
			PlannedStart: at(2026, 3, 1, 0, 0, 0), PlannedEnd: at(2026, 5, 31, 23, 59, 59)},
		Permit: &gridcasev1.GrantPermit{Number: "Z/1", ValidFrom: at(2026, 2, 20, 0, 0, 0), ValidTo: at(2026, 6, 10, 23, 59, 59), Rings: rings},
	}}}
	if diff := cmp.Diff(want, p, protocmp.Transform()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAFurtherRowAddsAPermit(t *testing.T) {
	t.Parallel()
	p := read(t, header+plan+",,,,\n"+"P-1,,,,,,,,"+permit+"\n")
	if len(p.Faults) > 0 || len(p.Rows) != 2 || p.Rows[0].Permit != nil || p.Rows[1].Plan != nil || p.Rows[1].Permit.GetNumber() != "Z/1" || p.Rows[1].Code != "P-1" {
		t.Errorf("%+v", p)
	}
}

func TestColumnsComeInAnyOrderAndPeopleAreLeftOut(t *testing.T) {
	t.Parallel()
	p := read(t, "contact,Road,project_code,kind,length_m,segments,planned_start,planned_end,phone\nSomebody,R,P-1,gas,300,,2026-03-01T08:00:00+08:00,2026-05-31,123\n")
	if len(p.Faults) > 0 || len(p.Rows) != 1 || p.Rows[0].Plan.GetRoad() != "R" || len(p.Rows[0].Plan.GetSegments()) != 1 || p.Rows[0].Permit != nil ||
		!p.Rows[0].Plan.GetPlannedStart().AsTime().Equal(at(2026, 3, 1, 8, 0, 0).AsTime()) {
		t.Errorf("%+v", p)
	}
	if !slices.Equal(p.LeftOut, []string{"contact", "phone"}) {
		t.Errorf("left out: %q", p.LeftOut)
	}
}

func TestABadRowIsToldByLineAndReasonAndTheOthersAreRead(t *testing.T) {
	t.Parallel()
	row := func(code, rest string) string { return code + rest[len("P-1"):] }
	lines := []struct{ text, reason string }{
		{plan + permit, ""},
		{row("P 2", plan) + permit, "project_code: "},
		{row("P-2", strings.Replace(plan, "雨污分流", "tunnel", 1)) + permit, `kind: "tunnel" is none`},
		{row("P-3", strings.Replace(plan, "示例路01", "", 1)) + permit, "road: "},
		{row("P-4", strings.Replace(plan, "300", "3 km", 1)) + permit, `length_m: "3 km" is no length`},
		{row("P-5", strings.Replace(plan, ",2,", ",none,", 1)) + permit, `segments: "none" is neither`},
		{row("P-6", strings.Replace(plan, ",2,", ",301,", 1)) + permit, `segments: "301" is neither`},
		{row("P-7", strings.Replace(plan, ",2,", ",A:100;B:100,", 1)) + permit, "length_m: the segments add up to 200 m"},
		{row("P-8", strings.Replace(plan, ",2,", ",A:150;A:150,", 1)) + permit, "segments: each has a name of its own"},
		{row("P-9", strings.Replace(plan, ",2,", ",A:150;B:x,", 1)) + permit, `segments: "x" is no length`},
		{row("P-10", strings.Replace(plan, "2026-05-31", "31.5.2026", 1)) + permit, `planned_end: "31.5.2026" is no day`},
		{row("P-11", strings.Replace(plan, "2026-03-01", "2026-06-01", 1)) + permit, "planned_end: works end after they start"},
		{row("P-12", plan) + strings.Replace(permit, "2026-02-20", "", 1), `permit_from: "" is no day`},
		{row("P-13", plan) + strings.Replace(permit, "2026-02-20", "2027-02-20", 1), "permit_to: a permit ends after it begins"},
		{row("P-14", plan) + strings.Replace(permit, "Z/1", "", 1), "permit_no: "},
		{row("P-15", plan) + "Z/1,2026-02-20,2026-06-10,POINT (107 34),", "radius"},
		{row("P-16", plan) + "Z/1,2026-02-20,2026-06-10,POINT (107 34),wide", `radius_m: "wide"`},
		{row("P-17", plan) + "Z/1,2026-02-20,2026-06-10,the whole road,", "neither GeoJSON nor well-known text"},
		{plan + permit, "stands in the file already"},
		{"P-1,,,,,,,,,,,,", "permit_no: a further row of a project adds a permit"},
		{"P-99,,,,,,,," + permit, "no row above"},
		{"P-18,half a row", `kind: ""`},
		{`P-19,"half" a quote`, `extraneous or missing " in quoted-field`},
		{row("P-20", plan) + permit, ""},
	}
	text := header
	for _, l := range lines {
		text += l.text + "\n"
	}
	p := read(t, text)
	if len(p.Rows) != 2 || p.Rows[1].Code != "P-20" || p.Rows[1].Line != len(lines)+1 {
		t.Errorf("rows %+v", p.Rows)
	}
	refused := map[int]string{}
	for _, f := range p.Faults {
		refused[f.Line] = f.Reason
	}
	for i, l := range lines {
		if got := refused[i+2]; (l.reason == "") != (got == "") || !strings.Contains(got, l.reason) {
			t.Errorf("line %d, %s:\n%q, want %q", i+2, l.text, got, l.reason)
		}
	}
}

func TestSegmentsAddUpToTheRoad(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		length, segments string
		want             string
	}{
		{"100", "", "S1:100"}, {"100", "3", "S1:33 S2:33 S3:34"}, {"7", "7", "S1:1 S2:1 S3:1 S4:1 S5:1 S6:1 S7:1"},
		{"280", "K1:200; K2:80", "K1:200 K2:80"}, {"", "K1:200;K2:80;", "K1:200 K2:80"},
	} {
		p := read(t, header+fmt.Sprintf("P-1,R,road,%s,%s,2026-03-01,2026-05-31,,,,,,\n", tt.length, tt.segments))
		if len(p.Faults) > 0 {
			t.Errorf("%+v: %+v", tt, p.Faults)
			continue
		}
		var got []string
		for _, s := range p.Rows[0].Plan.GetSegments() {
			got = append(got, fmt.Sprintf("%s:%d", s.GetId(), s.GetLengthM()))
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s m in %q: %q, want %q", tt.length, tt.segments, got, tt.want)
		}
	}
}

func TestAFileThatIsNoTableIsRefused(t *testing.T) {
	t.Parallel()
	for what, tt := range map[string]struct{ text, code string }{
		"nothing":                    {"", "worksfile.malformed"},
		"another encoding":           {"\xca\xbe\xc0\xfd", "worksfile.encoding"},
		"a column is missing":        {strings.Replace(header, "road,", "", 1), "worksfile.columns"},
		"a column is there twice":    {"road," + header, "worksfile.columns"},
		"a first line in bad quotes": {`"a" b`, "worksfile.malformed"},
	} {
		_, err := worksfile.Read([]byte(tt.text), shanghai)
		if err == nil || fault.Of(err).Code != tt.code {
			t.Errorf("%s: %v, want %s", what, err, tt.code)
		}
	}
}
