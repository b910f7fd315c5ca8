package weibin_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/deploy/weibin"
	"github.com/gridcase/gridcase/pkg/calendar"
	"github.com/gridcase/gridcase/pkg/catalog"
)

// TestTheContractTakesThePublications holds them to the rules that the API has for requests.
func TestTheContractTakesThePublications(t *testing.T) {
	grids := newGrids(t, 2000, 1)
	people, _ := newUsers(grids)
	for _, m := range []proto.Message{grids, newCatalogue(t), newCalendar(t), people} {
		if err := protovalidate.Validate(m); err != nil {
			t.Errorf("%s: %v", m.ProtoReflect().Descriptor().Name(), err)
		}
	}
}

func newCatalogue(t *testing.T) *gridcasev1.PublishCatalogue {
	t.Helper()
	c, err := weibin.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func newCalendar(t *testing.T) *gridcasev1.PublishCalendar {
	t.Helper()
	c, err := weibin.Calendar()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTheThreeFirstCaseTypes(t *testing.T) {
	published := newCatalogue(t)
	c, err := catalog.New(&gridcasev1.CatalogueVersion{District: published.GetDistrict(), Version: 1, Types: published.GetTypes()})
	if err != nil {
		t.Fatal(err)
	}
	limits := map[string]map[string]string{ // value, unit and basis; empty: no limit
		"roadworks.occupation": {"A1": "1 DAY WORKING", "A2": "1 DAY WORKING", "A3": "1 DAY WORKING", "A4": "2 HOUR WALL", "A5": "2 DAY WORKING"},
		"drainage.separation": {"B1": "1 HOUR WALL", "B2": "4 HOUR WORKING", "B3": "2 DAY WORKING", "B4": "15 DAY WORKING", "B5": "", "B6": "1 DAY WORKING",
			"B7": "5 DAY WORKING"},
		"parking.motor": {"C1": "2 HOUR WALL", "C2": "2 HOUR WORKING", "C3": "2 HOUR WORKING", "C4": "5 DAY WORKING", "C5": ""},
	}
	for id, conditions := range limits {
		caseType, ok := c.Type(id)
		if !ok || len(caseType.GetConditions()) != len(conditions) {
			t.Errorf("%s has the conditions %v", id, caseType.GetConditions())
		}
		for condition, want := range conditions {
			found, ok := c.Condition(id, condition)
			if got := inWords(found.GetLimit()); !ok || got != want {
				t.Errorf("%s %s has the limit %q, want %q", id, condition, got, want)
			}
		}
	}
}

func inWords(l *gridcasev1.Limit) string {
	if l == nil {
		return ""
	}
	return fmt.Sprintf("%d %s %s", l.GetValue(), strings.TrimPrefix(l.GetUnit().String(), "LIMIT_UNIT_"), strings.TrimPrefix(l.GetBasis().String(), "LIMIT_BASIS_"))
}

func TestACaseTypeIsCompleteAndAReportIsShort(t *testing.T) {
	personal := map[string]bool{"plate": true, "contact": true, "builder": true, "contractor": true, "stall_cause": true}
	var departments []string
	people, _ := newUsers(newGrids(t, 128, 1))
	for _, d := range people.GetDepartments() {
		departments = append(departments, d.GetId())
	}
	for _, c := range newCatalogue(t).GetTypes() {
		local := c.GetNotPatrolled() // no national class has it
		if c.GetNameZh() == "" || c.GetNameEn() == "" || len(c.GetCodes()) == 0 != local {
			t.Errorf("%s lacks a name or a national code", c.GetId())
		}
		required := 0
		for _, f := range c.GetFields() {
			if f.GetLabelZh() == "" || f.GetLabelEn() == "" {
				t.Errorf("%s %s lacks a label", c.GetId(), f.GetName())
			}
			if isText := f.GetKind() == gridcasev1.FieldKind_FIELD_KIND_TEXT; isText != personal[f.GetName()] {
				t.Errorf("%s %s is of the kind %s; personal values and prose, and nothing else, are texts", c.GetId(), f.GetName(), f.GetKind())
			}
			if f.GetRequired() {
				required++
			}
		}
		if required > 2 {
			t.Errorf("a report of %s needs %d fields, want two at most", c.GetId(), required)
		}
		for _, p := range c.GetPhotos() {
			if far := p.GetKind() == "far"; far && (p.GetMinReport() == 1) == local || !far && p.GetMinReport() != 0 {
				t.Errorf("a report of %s needs %d photos of kind %q", c.GetId(), p.GetMinReport(), p.GetKind())
			}
		}
		for _, route := range c.GetRoutes() {
			for _, id := range append(route.GetAssisting(), route.GetDepartment()) {
				if !slices.Contains(departments, id) {
					t.Errorf("%s is routed to %q, which is no department", c.GetId(), id)
				}
			}
		}
		for _, condition := range c.GetConditions() {
			if condition.GetNameZh() == "" || condition.GetNameEn() == "" || condition.GetId() != "C5" && !slices.Contains(departments, condition.GetLead()) {
				t.Errorf("%s %s lacks a name, or is led by %q, which is no department", c.GetId(), condition.GetId(), condition.GetLead())
			}
			if private := condition.GetId() == "C5"; len(condition.GetChecklist()) == 0 != private {
				t.Errorf("%s %s is closed with the checklist %q", c.GetId(), condition.GetId(), condition.GetChecklist())
			}
		}
	}
}

func TestTheDistrictsWorkingTime(t *testing.T) {
	published := newCalendar(t).GetCalendar()
	c, err := calendar.New(published)
	if err != nil {
		t.Fatal(err)
	}
	if published.GetDistrict() != weibin.District || published.GetDayMinutes() != 480 || c.Zone().String() != "Asia/Shanghai" {
		t.Errorf("district %s has days of %d minutes in %s", published.GetDistrict(), published.GetDayMinutes(), c.Zone())
	}
	at := func(text string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", text, c.Zone())
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	const working = gridcasev1.LimitBasis_LIMIT_BASIS_WORKING
	twoDays := &gridcasev1.Limit{Value: 2, Unit: gridcasev1.LimitUnit_LIMIT_UNIT_DAY, Basis: working}
	if due := c.Due(at("2026-02-13 09:00"), twoDays); !due.Equal(at("2026-02-24 09:00")) {
		t.Errorf("two working days over the Spring Festival end at %s", due.In(c.Zone()))
	}
	if open := c.Between(at("2026-01-01 00:00"), at("2027-01-01 00:00"), working); open != 248*8*time.Hour {
		t.Errorf("2026 has %s of working time, want 248 days", open)
	}
}
