package readmodel_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/readmodel/projectcases"
)

// naming is a report that names a project of the works programme.
func naming(project string) step {
	r := gridcasev1.CaseReported{CaseType: "roadworks.occupation", Place: place("610302001001001"), Fields: []*gridcasev1.Field{
		{Name: "permit_no", Value: &gridcasev1.Field_Code{Code: "Z-1"}}, {Name: "project_code", Value: &gridcasev1.Field_Code{Code: project}}}}
	return step{reported, &r}
}

func TestHowManyCasesNameAProject(t *testing.T) {
	t.Parallel()
	s := show(t, projectcases.View{})
	s.happens(1, naming("P-1"))
	s.happens(2, naming("P-1"), file, assign, signs, done, ends)
	s.happens(3, naming("P-1"), decline)
	s.happens(4, naming("P-2"), file)
	s.happens(5, report, step{reported, &gridcasev1.ReportAmended{Fields: []*gridcasev1.Field{{Name: "project_code", Value: &gridcasev1.Field_Code{Code: "P-2"}}}}})
	s.happens(6, naming("P-2"), step{reported, &gridcasev1.ReportAmended{Fields: []*gridcasev1.Field{{Name: "project_code", Value: &gridcasev1.Field_Code{Code: "P-3"}}}}})
	s.happens(7, report, file)
	for _, tt := range []struct {
		district, project string
		want              map[string]projectcases.Count
	}{
		{"610302", "", map[string]projectcases.Count{"P-1": {Open: 1, Ended: 2}, "P-2": {Open: 2}, "P-3": {Open: 1}}},
		{"610302", "P-1", map[string]projectcases.Count{"P-1": {Open: 1, Ended: 2}}},
		{"610302", "P-9", map[string]projectcases.Count{}},
		{"610303", "", map[string]projectcases.Count{}},
	} {
		got, err := projectcases.Counts{Pool: s.pool}.ByProject(t.Context(), tt.district, tt.project)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("district %s, project %q (-want +got):\n%s", tt.district, tt.project, diff)
		}
	}
}
