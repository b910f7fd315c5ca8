package readmodel_test

import (
	"testing"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/catalog"
	"github.com/gridcase/gridcase/pkg/readmodel/casestatus"
)

func TestWhereAFiledCaseWouldGo(t *testing.T) {
	t.Parallel()
	types, err := catalog.New(&gridcasev1.CatalogueVersion{District: "610302", Version: 1, Types: []*gridcasev1.CaseType{{
		Id: "parking.motor", Conditions: []*gridcasev1.Condition{{Id: "blocks_exit"}, {Id: "on_footway", Lead: "urban"}},
		Fields: []*gridcasev1.FieldRule{{Name: "place_kind", Kind: gridcasev1.FieldKind_FIELD_KIND_CHOICE, Choices: []string{"carriageway", "footway"}}},
		Routes: []*gridcasev1.Route{
			{Field: "place_kind", Values: []string{"carriageway"}, Department: "traffic_police", Assisting: []string{"street"}},
			{Areas: []string{"610302009"}, Department: "park"},
		},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	s := show(t, casestatus.View{})
	in := func(grid, kind string) step {
		m := &gridcasev1.CaseReported{Number: "1", CaseType: "parking.motor", Place: place(grid)}
		if kind != "" {
			m.Fields = []*gridcasev1.Field{{Name: "place_kind", Value: &gridcasev1.Field_Choice{Choice: kind}}}
		}
		return step{reported, m}
	}
	footway := step{filed, &gridcasev1.CaseFiled{Condition: "on_footway"}}
	amended := step{reported, &gridcasev1.ReportAmended{Fields: []*gridcasev1.Field{{Name: "place_kind", Value: &gridcasev1.Field_Choice{Choice: "carriageway"}}}}}
	for n, tt := range []struct {
		name  string
		steps []step
		item  *gridcasev1.QueueItem
		want  *gridcasev1.QueueItem
	}{
		{"by a field", []step{in("610302001001001", "carriageway"), file}, filedItem(), &gridcasev1.QueueItem{SuggestedDepartment: "traffic_police", SuggestedAssisting: []string{"street"}}},
		{"by a field as it was amended", []step{in("610302001001001", "footway"), amended, file}, filedItem(), &gridcasev1.QueueItem{SuggestedDepartment: "traffic_police", SuggestedAssisting: []string{"street"}}},
		{"by an area", []step{in("610302009001001", ""), file}, filedItem(), &gridcasev1.QueueItem{SuggestedDepartment: "park"}},
		{"by its condition", []step{in("610302001001001", "footway"), footway}, filedItem(), &gridcasev1.QueueItem{SuggestedDepartment: "urban"}},
		{"nowhere, and it says why", []step{in("610302001001001", ""), file}, filedItem(), &gridcasev1.QueueItem{Unrouted: types.Route("parking.motor", "blocks_exit", nil, nil).Why}},
		{"a report goes nowhere yet", []step{in("610302009001001", "")}, &gridcasev1.QueueItem{State: reported}, &gridcasev1.QueueItem{}},
		{"nor does a request", []step{in("610302009001001", ""), file}, &gridcasev1.QueueItem{State: filed, Pending: voiding}, &gridcasev1.QueueItem{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.happens(n, tt.steps...)
			tt.item.CaseId, tt.want.CaseId = id(n), id(n)
			tt.want.State, tt.want.Pending = tt.item.GetState(), tt.item.GetPending()
			if err := (casestatus.Cases{Pool: s.pool}).Suggest(t.Context(), "610302", types, []*gridcasev1.QueueItem{tt.item}); err != nil {
				t.Fatal(err)
			}
			same(t, tt.item, tt.want)
		})
	}
}

func filedItem() *gridcasev1.QueueItem { return &gridcasev1.QueueItem{State: filed} }
