package weibin_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"buf.build/go/protovalidate"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/deploy/weibin"
	"github.com/gridcase/gridcase/pkg/grid"
	"github.com/gridcase/gridcase/pkg/worksfile"
)

func TestTheProgrammeHas38RoadsInsideTheDistrict(t *testing.T) {
	data, err := os.ReadFile("programme.csv")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(data), "# synthetic") {
		t.Error("the file doesn't say that it is synthetic")
	}
	file, err := worksfile.Read(data, time.FixedZone("UTC+8", 8*3600))
	if err != nil || len(file.Faults) > 0 || len(file.LeftOut) > 0 {
		t.Fatalf("%v, %+v, %q", err, file.Faults, file.LeftOut)
	}
	areas := newGrids(t, 2000, 1)
	m, err := grid.NewMap(&gridcasev1.GridsVersion{District: weibin.District, Levels: areas.GetLevels(), Areas: areas.GetAreas()})
	if err != nil {
		t.Fatal(err)
	}
	roads, permits := map[string]bool{}, 0
	for _, row := range file.Rows {
		row.Plan.Target = &gridcasev1.ProjectTarget{ProjectCode: row.Code, CommandId: "10000000-0000-4000-8000-000000000001"}
		if err := protovalidate.Validate(row.Plan); err != nil {
			t.Errorf("line %d: %v", row.Line, err)
		}
		if roads[row.Plan.GetRoad()] = true; row.Plan.GetKind() != gridcasev1.WorksKind_WORKS_KIND_SEPARATION || !strings.HasPrefix(row.Plan.GetRoad(), "示例路") {
			t.Errorf("line %d: %s, %s", row.Line, row.Plan.GetRoad(), row.Plan.GetKind())
		}
		if row.Permit == nil {
			continue
		}
		permits++
		for corner := range slices.Chunk(row.Permit.GetRings()[0].GetCoordinates(), 2) {
			if _, in := m.Locate(&gridcasev1.GeoPoint{Longitude: corner[0], Latitude: corner[1]}); !in {
				t.Errorf("line %d: a corner of the permit's area lies in no unit grid", row.Line)
				break
			}
		}
	}
	if len(file.Rows) != 38 || len(roads) != 38 || permits != 35 {
		t.Errorf("%d projects on %d roads, %d permits", len(file.Rows), len(roads), permits)
	}
}
