package worksfile

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/grid"
)

// kinds are the names of what is built, in both languages.
var kinds = map[string]gridcasev1.WorksKind{
	"separation": gridcasev1.WorksKind_WORKS_KIND_SEPARATION, "雨污分流": gridcasev1.WorksKind_WORKS_KIND_SEPARATION,
	"drainage": gridcasev1.WorksKind_WORKS_KIND_DRAINAGE, "排水": gridcasev1.WorksKind_WORKS_KIND_DRAINAGE,
	"water": gridcasev1.WorksKind_WORKS_KIND_WATER, "供水": gridcasev1.WorksKind_WORKS_KIND_WATER,
	"power": gridcasev1.WorksKind_WORKS_KIND_POWER, "电力": gridcasev1.WorksKind_WORKS_KIND_POWER,
	"gas": gridcasev1.WorksKind_WORKS_KIND_GAS, "燃气": gridcasev1.WorksKind_WORKS_KIND_GAS,
	"heating": gridcasev1.WorksKind_WORKS_KIND_HEATING, "供热": gridcasev1.WorksKind_WORKS_KIND_HEATING,
	"telecom": gridcasev1.WorksKind_WORKS_KIND_TELECOM, "通信": gridcasev1.WorksKind_WORKS_KIND_TELECOM,
	"road": gridcasev1.WorksKind_WORKS_KIND_ROAD, "道路": gridcasev1.WorksKind_WORKS_KIND_ROAD,
	"building": gridcasev1.WorksKind_WORKS_KIND_BUILDING, "房建": gridcasev1.WorksKind_WORKS_KIND_BUILDING,
}

// values are the cells of one row by column.
type values func(column string) string

func (f *file) row(cells []string) (Row, error) {
	get := func(column string) string {
		i, ok := f.at[column]
		if !ok || i >= len(cells) {
			return ""
		}
		return strings.TrimSpace(cells[i])
	}
	row := Row{Code: get("project_code")}
	if !codePattern.MatchString(row.Code) {
		return row, errors.New("project_code: a project's code is of letters, digits, - and _, at most 64")
	}
	planned, further := f.planned[row.Code], blank(get, Columns[1:firstOfPermit]...)
	switch {
	case planned && !further:
		return row, errors.New("the project stands in the file already; a row that adds a permit leaves the plan's columns empty")
	case !planned && further:
		return row, errors.New("the project has no row above that could be taken in, and no plan in this one")
	case !planned:
		plan, err := f.plan(get)
		if err != nil {
			return row, err
		}
		row.Plan = plan
	}
	permit, err := f.permit(get)
	if err != nil {
		return row, err
	}
	if row.Permit = permit; row.Plan == nil && permit == nil {
		return row, errors.New("permit_no: a further row of a project adds a permit")
	}
	f.planned[row.Code] = true
	return row, nil
}

var codePattern = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z_-]{0,63}$`)

func blank(get values, columns ...string) bool {
	for _, c := range columns {
		if get(c) != "" {
			return false
		}
	}
	return true
}

func (f *file) plan(get values) (*gridcasev1.PlanProject, error) {
	kind, ok := kinds[strings.ToLower(get("kind"))]
	if !ok {
		return nil, fmt.Errorf("kind: %q is none that is known, such as separation or 雨污分流", get("kind"))
	}
	if get("road") == "" {
		return nil, errors.New("road: it is missing")
	}
	segments, err := segmentsOf(get("length_m"), get("segments"))
	if err != nil {
		return nil, err
	}
	start, err := f.day("planned_start", get("planned_start"), false)
	if err != nil {
		return nil, err
	}
	end, err := f.day("planned_end", get("planned_end"), true)
	if err != nil {
		return nil, err
	}
	if !start.AsTime().Before(end.AsTime()) {
		return nil, errors.New("planned_end: works end after they start")
	}
	return &gridcasev1.PlanProject{Road: get("road"), Kind: kind, Segments: segments, PlannedStart: start, PlannedEnd: end, Contractor: get("contractor")}, nil
}

func (f *file) permit(get values) (*gridcasev1.GrantPermit, error) {
	if blank(get, Columns[firstOfPermit:]...) {
		return nil, nil
	}
	if get("permit_no") == "" {
		return nil, errors.New("permit_no: the permit has no number")
	}
	from, err := f.day("permit_from", get("permit_from"), false)
	if err != nil {
		return nil, err
	}
	to, err := f.day("permit_to", get("permit_to"), true)
	if err != nil {
		return nil, err
	}
	if !from.AsTime().Before(to.AsTime()) {
		return nil, errors.New("permit_to: a permit ends after it begins")
	}
	radius := 0.0
	if text := get("radius_m"); text != "" {
		if radius, err = strconv.ParseFloat(text, 64); err != nil {
			return nil, fmt.Errorf("radius_m: %q is no number of metres", text)
		}
	}
	rings, err := grid.ReadShape(get("area"), radius)
	if err != nil {
		return nil, err
	}
	return &gridcasev1.GrantPermit{Number: get("permit_no"), ValidFrom: from, ValidTo: to, Rings: rings}, nil
}

// day reads a day, or an instant with its offset from UTC.
func (f *file) day(column, text string, last bool) (*timestamppb.Timestamp, error) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return timestamppb.New(at), nil
	}
	day, err := time.ParseInLocation(time.DateOnly, text, f.zone)
	if err != nil {
		return nil, fmt.Errorf("%s: %q is no day such as 2026-03-01", column, text)
	}
	if last {
		day = day.AddDate(0, 0, 1).Add(-time.Second)
	}
	return timestamppb.New(day), nil
}
