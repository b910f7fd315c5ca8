package readmodel_test

import (
	"math"
	"slices"
	"testing"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/catalog"
	"github.com/gridcase/gridcase/pkg/readmodel/casestatus"
)

// problems are the types of the tests: works are the same within 100 m and an hour, or by their project.
func problems(t *testing.T) *catalog.Catalogue {
	t.Helper()
	conditions := []*gridcasev1.Condition{{Id: "A1"}}
	types, err := catalog.New(&gridcasev1.CatalogueVersion{District: "610302", Version: 1, Types: []*gridcasev1.CaseType{
		{Id: "roadworks.occupation", Conditions: conditions, Fields: []*gridcasev1.FieldRule{{Name: "project_code", Kind: gridcasev1.FieldKind_FIELD_KIND_CODE}},
			Duplicates: &gridcasev1.DuplicateRule{RadiusM: 100, WindowMinutes: 60, SameField: "project_code"}},
		{Id: "roadworks.dig", Conditions: conditions},
		{Id: "parking.motor", Conditions: conditions},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return types
}

// works is a report of works so many metres north of a spot, of a project.
func works(metres float64, project string) *gridcasev1.CaseReported {
	at := place("610302001001001")
	at.Point.Latitude += metres / 111_195
	m := &gridcasev1.CaseReported{Number: "1", CaseType: "roadworks.occupation", Place: at}
	if project != "" {
		m.Fields = []*gridcasev1.Field{{Name: "project_code", Value: &gridcasev1.Field_Code{Code: project}}}
	}
	return m
}

// near are the ids of the cases near the n-th and why each is.
func (s *shown) near(scope access.Scope, n int) (ids, why []string, metres []float64) {
	s.t.Helper()
	found, err := casestatus.Cases{Pool: s.pool}.Nearby(s.t.Context(), scope, &gridcasev1.CaseRef{CaseId: id(n)}, problems(s.t))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range found {
		ids, why, metres = append(ids, f.GetCase().GetCaseId()), append(why, f.GetWhy()), append(metres, f.GetDistanceM())
	}
	return ids, why, metres
}

func TestWhichCasesMayBeTheSameProblem(t *testing.T) {
	t.Parallel()
	type other struct {
		name  string
		apart time.Duration
		steps []step
		near  bool
	}
	typed := func(m *gridcasev1.CaseReported, caseType string) *gridcasev1.CaseReported {
		m.CaseType = caseType
		return m
	}
	child := func(m *gridcasev1.CaseReported, parent string) *gridcasev1.CaseReported { m.Parent = parent; return m }
	nowhere := works(0, "")
	nowhere.Place.Point = nil
	for _, tt := range []other{
		{"within the radius", 0, []step{{reported, works(99, "")}}, true},
		{"beyond it", 0, []step{{reported, works(101, "")}}, false},
		{"at the window's end", time.Hour, []step{{reported, works(10, "")}}, true},
		{"after it", time.Hour + time.Second, []step{{reported, works(10, "")}}, false},
		{"before it", -time.Hour - time.Second, []step{{reported, works(10, "")}}, false},
		{"of the same project, far away", 0, []step{{reported, works(5000, "P-1")}}, true},
		{"of another project, far away", 0, []step{{reported, works(5000, "P-2")}}, false},
		{"of the same project, long before", -2 * time.Hour, []step{{reported, works(5000, "P-1")}}, false},
		{"of a type of the same group", 0, []step{{reported, typed(works(10, ""), "roadworks.dig")}}, true},
		{"of another group", 0, []step{{reported, typed(works(10, ""), "parking.motor")}}, false},
		{"suspended, so still open", 0, []step{{reported, works(10, "")}, rests}, true},
		{"closed", 0, []step{{reported, works(10, "")}, ends}, false},
		{"merged", 0, []step{{reported, works(10, "")}, merge}, false},
		{"moved there", 0, []step{{reported, works(5000, "")}, {reported, &gridcasev1.CaseRelocated{Place: works(10, "").GetPlace()}}}, true},
		{"of the same project by an amendment", 0, []step{{reported, works(5000, "")}, {reported, &gridcasev1.ReportAmended{Fields: works(0, "P-1").GetFields()}}}, true},
		{"a child of it", 0, []step{{reported, child(works(10, ""), id(0))}}, false},
		{"another child of its parent", 0, []step{{reported, child(works(10, ""), primary)}}, false},
		{"a child of another", 0, []step{{reported, child(works(10, ""), child1)}}, true},
		{"a place without a point", 0, []step{{reported, nowhere}}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := show(t, casestatus.View{})
			s.happens(0, step{reported, child(works(0, "P-1"), primary)})
			events := s.events(1, tt.steps...)
			for i := range events {
				events[i].Time = events[i].Time.Add(tt.apart)
			}
			s.fold(events)
			ids, _, _ := s.near(everything, 0)
			if slices.Contains(ids, id(1)) != tt.near || len(ids) > 1 {
				t.Errorf("near are %v", ids)
			}
		})
	}
}

func TestTheNearestComeFirstAndThoseOfUnknownDistanceLast(t *testing.T) {
	t.Parallel()
	s := show(t, casestatus.View{})
	unknown := works(0, "P-1")
	unknown.Place.Point = nil
	for n, m := range []*gridcasev1.CaseReported{works(0, "P-1"), works(80, ""), works(-30, ""), works(700, "P-1"), unknown, works(5, "P-1")} {
		s.happens(n, step{reported, m})
	}
	ids, why, metres := s.near(everything, 0)
	same(t, ids, []string{id(5), id(2), id(1), id(3), id(4)})
	same(t, why, []string{"field", "near", "near", "field", "field"})
	for i, want := range []float64{5, 30, 80, 700, 0} {
		if math.Abs(metres[i]-want) > 0.1 {
			t.Errorf("%s lies %.2f m away, want %v", ids[i], metres[i], want)
		}
	}
	if ids, _, _ := s.near(access.Scope{District: "610302", Areas: []string{"610302009"}}, 0); len(ids) > 0 {
		t.Errorf("out of scope are seen: %v", ids)
	}
	if ids, _, _ := s.near(everything, 77); len(ids) > 0 {
		t.Errorf("near a case that isn't there are %v", ids)
	}
}

func TestCasesAreNearAcrossTheDateLine(t *testing.T) {
	t.Parallel()
	s := show(t, casestatus.View{})
	for n, longitude := range []float64{179.9999, -179.9999, 179.9} {
		m := works(0, "")
		m.Place.Point.Longitude = longitude
		s.happens(n, step{reported, m})
	}
	if ids, _, _ := s.near(everything, 0); !slices.Equal(ids, []string{id(1)}) {
		t.Errorf("near are %v", ids)
	}
}

func TestWhatIsNearIsInTheOrderOfItsKeys(t *testing.T) {
	t.Parallel()
	s := show(t, casestatus.View{})
	nowhere := works(0, "P-1")
	nowhere.Place.Point = nil
	s.fold(s.events(60, step{reported, nowhere}))
	for n := range 55 {
		s.fold(s.events(n, step{reported, works(float64(n/2), "P-1")})) // some are equally far
	}
	found, err := casestatus.Cases{Pool: s.pool}.Nearby(t.Context(), everything, &gridcasev1.CaseRef{CaseId: id(0)}, problems(t))
	if err != nil {
		t.Fatal(err)
	}
	keys := make([]string, len(found))
	for i, n := range found {
		keys[i] = n.Key
	}
	if len(found) != 55 || found[0].GetCase().GetCaseId() != id(1) || found[54].GetCase().GetCaseId() != id(60) || !slices.IsSorted(keys) || len(slices.Compact(keys)) != 55 {
		t.Errorf("%d cases are near: %v", len(found), keys)
	}
}
