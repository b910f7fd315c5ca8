package casework_test

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/fault"
)

// reporting is the parking report with something changed.
func reporting(change func(*gridcasev1.ReportCase)) *gridcasev1.ReportCase {
	cmd := parking()
	change(cmd)
	return cmd
}

// asReported is the event of the parking report with something changed.
func asReported(change func(*gridcasev1.CaseReported)) *gridcasev1.CaseReported {
	e := &gridcasev1.CaseReported{Number: "6103992026110200001", CaseType: "parking.motor", Source: gridcasev1.Source_SOURCE_GRID_WORKER, Place: place(1),
		Fields: []*gridcasev1.Field{{Name: "place_kind", Value: &gridcasev1.Field_Choice{Choice: "footway"}}}, Photos: show("far"),
		Clocks: clocks{runs(accept, "02 09:12", "02 09:15", quarter)}}
	change(e)
	return e
}

func from(source gridcasev1.Source) *gridcasev1.CaseReported {
	return asReported(func(e *gridcasev1.CaseReported) { e.Source = source })
}

func saying(source gridcasev1.Source) *gridcasev1.ReportCase {
	return reporting(func(c *gridcasev1.ReportCase) { c.Source = source })
}

var seenAt = timestamppb.New(time.Date(2026, 11, 2, 0, 50, 0, 0, time.UTC))

// fullReport holds a value of each kind, every text and a reference.
var fullReport = reporting(func(c *gridcasev1.ReportCase) {
	c.Fields = append(c.Fields, ticket("T-1"),
		&gridcasev1.FieldInput{Name: "plate", Value: &gridcasev1.FieldInput_Text{Text: "a plate"}},
		&gridcasev1.FieldInput{Name: "vehicles", Value: &gridcasev1.FieldInput_Number{Number: 2}},
		&gridcasev1.FieldInput{Name: "blocking", Value: &gridcasev1.FieldInput_Flag{Flag: true}},
		&gridcasev1.FieldInput{Name: "seen_at", Value: &gridcasev1.FieldInput_Time{Time: seenAt}})
	c.Grid, c.ExternalRef = cell(1), "12345/7"
	c.Description, c.Address, c.ReporterName, c.ReporterPhone = "a text", "a street", "a name", "5550100"
})

var reportRows = []row{
	{rule: "a grid worker reports what the worker found, and the acceptor has 15 minutes", when: reports, event: asReported(func(*gridcasev1.CaseReported) {}), state: reported,
		holds: func(c casework.Case) bool {
			return c.Version == 1 && c.Number == "6103992026110200001" && c.Reporter == "worker" && c.Type == "parking.motor" && c.Condition == ""
		}},
	{rule: "of a report's texts and names the event holds nothing but the seals", when: step{by: "worker", at: "02 09:00", cmd: fullReport},
		event: asReported(func(e *gridcasev1.CaseReported) {
			e.Fields = append(e.Fields, &gridcasev1.Field{Name: "ticket_no", Value: &gridcasev1.Field_Code{Code: "T-1"}},
				&gridcasev1.Field{Name: "plate", Value: &gridcasev1.Field_Sealed{Sealed: sealed("fields.plate")}},
				&gridcasev1.Field{Name: "vehicles", Value: &gridcasev1.Field_Number{Number: 2}},
				&gridcasev1.Field{Name: "blocking", Value: &gridcasev1.Field_Flag{Flag: true}},
				&gridcasev1.Field{Name: "seen_at", Value: &gridcasev1.Field_Time{Time: seenAt}})
			e.ExternalRef, e.Description, e.Address = "12345/7", sealed("description"), sealed("address")
			e.ReporterName, e.ReporterPhone = sealed("reporter_name"), sealed("reporter_phone")
		}), state: reported},
	{rule: "a citizen's report is of the source citizen", when: calls, event: from(gridcasev1.Source_SOURCE_CITIZEN), state: reported},
	{rule: "an acceptor who names no source takes a call of the hotline", when: step{by: "acceptor", at: "02 09:00", cmd: parking()}, event: from(gridcasev1.Source_SOURCE_HOTLINE), state: reported},
	{rule: "an acceptor brings in a superior's order", when: step{by: "acceptor", at: "02 09:00", cmd: saying(gridcasev1.Source_SOURCE_ORDER)}, event: from(gridcasev1.Source_SOURCE_ORDER), state: reported},
	{rule: "an integration brings in what a sensor saw", when: step{by: "hotline", at: "02 09:00", cmd: saying(gridcasev1.Source_SOURCE_SENSOR)}, event: from(gridcasev1.Source_SOURCE_SENSOR), state: reported},
	{rule: "a citizen's report needs no photo", when: step{by: "citizen", at: "02 09:00", cmd: reporting(func(c *gridcasev1.ReportCase) { c.Photos = nil })},
		event: asReported(func(e *gridcasev1.CaseReported) { e.Source, e.Photos = gridcasev1.Source_SOURCE_CITIZEN, nil }), state: reported},
	{rule: "an importer's record is taken at its word: its grid, though the point lies elsewhere, and without fields or photos",
		when: step{by: "importer", at: "02 09:00", cmd: &gridcasev1.ReportCase{CaseType: "parking.motor", Point: spot(2), Grid: cell(1)}},
		event: asReported(func(e *gridcasev1.CaseReported) {
			e.Source, e.Fields, e.Photos, e.Place.Point = gridcasev1.Source_SOURCE_IMPORT, nil, nil, spot(2)
		}), state: reported},

	{rule: "the reporter amends the report before it is filed", given: toReported, when: step{by: "worker", at: "02 09:02", cmd: &gridcasev1.AmendReport{Fields: []*gridcasev1.FieldInput{ticket("T-2")}, Description: "a text"}},
		event: &gridcasev1.ReportAmended{Fields: []*gridcasev1.Field{{Name: "ticket_no", Value: &gridcasev1.Field_Code{Code: "T-2"}}}, Description: sealed("description")}, state: reported,
		holds: func(c casework.Case) bool { return len(c.Fields) == 2 }},
	{rule: "an acceptor amends a report while it is verified", given: toCallVerifying, when: step{by: "acceptor", at: "02 09:05", cmd: &gridcasev1.AmendReport{Address: "a street", Photos: show("near")}},
		event: &gridcasev1.ReportAmended{Address: sealed("address"), Photos: show("near")}, state: verifying},
	{rule: "an amended field replaces the one of its name", given: toReported,
		when:  step{by: "worker", at: "02 09:02", cmd: &gridcasev1.AmendReport{Fields: []*gridcasev1.FieldInput{{Name: "place_kind", Value: &gridcasev1.FieldInput_Choice{Choice: "carriageway"}}}}},
		event: &gridcasev1.ReportAmended{Fields: []*gridcasev1.Field{{Name: "place_kind", Value: &gridcasev1.Field_Choice{Choice: "carriageway"}}}}, state: reported,
		holds: func(c casework.Case) bool { return len(c.Fields) == 1 && c.Fields[0].GetChoice() == "carriageway" }},
}

// badReport is a row of a report that a user sends and that is refused.
func badReport(rule, by, code, field string, change func(*gridcasev1.ReportCase)) row {
	return row{rule: rule, when: step{by: by, at: "02 09:00", cmd: reporting(change)}, kind: fault.Invalid, code: code, field: field}
}

func badAmendment(rule, by string, kind fault.Kind, code, field string, cmd *gridcasev1.AmendReport) row {
	return row{rule: rule, given: toReported, when: step{by: by, at: "02 09:02", cmd: cmd}, kind: kind, code: code, field: field}
}

var reportRefusals = []row{
	{rule: "a case can't be reported twice", given: toReported, when: reports, kind: fault.Conflict, code: "case.exists"},
	{rule: "a dispatcher doesn't report cases", when: step{by: "dispatcher", at: "02 09:00", cmd: parking()}, kind: fault.Denied, code: "access.role"},
	badReport("a type that the catalogue doesn't have can't be reported", "worker", "case_type.unknown", "case_type", func(c *gridcasev1.ReportCase) { c.CaseType = "moon.crater" }),
	badReport("a type out of use can't be reported", "worker", "case_type.inactive", "case_type", func(c *gridcasev1.ReportCase) { c.CaseType = "old.stall" }),
	badReport("what lies outside the jurisdiction can't be reported", "worker", "point.outside", "point", func(c *gridcasev1.ReportCase) { c.Point = abroad }),
	badReport("a unit grid that is not the district's can't be named", "worker", "grid.unknown", "grid", func(c *gridcasev1.ReportCase) { c.Grid = "610399001001099" }),
	badReport("a unit grid can't be named that doesn't hold the point", "worker", "grid.mismatch", "grid", func(c *gridcasev1.ReportCase) { c.Grid = cell(2) }),
	badReport("an importer can't name a unit grid that the district doesn't have", "importer", "grid.unknown", "grid", func(c *gridcasev1.ReportCase) { c.Grid = "610399001001099" }),
	badReport("a citizen can't say that the report is a superior's order", "citizen", "source.role", "source", func(c *gridcasev1.ReportCase) { c.Source = gridcasev1.Source_SOURCE_ORDER }),
	badReport("an integration can't say that a grid worker found it", "hotline", "source.role", "source", func(c *gridcasev1.ReportCase) { c.Source = gridcasev1.Source_SOURCE_GRID_WORKER }),
	badReport("a report can't leave out a required field", "citizen", "field.required", "fields.place_kind", func(c *gridcasev1.ReportCase) { c.Fields = nil }),
	badReport("a report can't hold a field that the type doesn't have", "worker", "field.unknown", "fields[1]", func(c *gridcasev1.ReportCase) {
		c.Fields = append(c.Fields, &gridcasev1.FieldInput{Name: "depth", Value: &gridcasev1.FieldInput_Number{Number: 1}})
	}),
	badReport("a grid worker's report needs the photos that the type asks for", "worker", "photo.required", "photos", func(c *gridcasev1.ReportCase) { c.Photos = show("other") }),
	badReport("a grid worker's report can't show a kind of photo that the type doesn't take", "worker", "photo.kind", "photos[1].kind", func(c *gridcasev1.ReportCase) { c.Photos = show("far", "permit") }),

	badAmendment("nobody but the reporter and an acceptor amends a report", "second-worker", fault.Denied, "case.other_reporter", "", &gridcasev1.AmendReport{Description: "a text"}),
	badAmendment("an amendment can't be empty", "worker", fault.Invalid, "report.unchanged", "", &gridcasev1.AmendReport{}),
	badAmendment("an amendment can't hold a choice that the field doesn't offer", "acceptor", fault.Invalid, "field.choice", "fields[0]",
		&gridcasev1.AmendReport{Fields: []*gridcasev1.FieldInput{{Name: "place_kind", Value: &gridcasev1.FieldInput_Choice{Choice: "roof"}}}}),
	{rule: "a report can't be amended once it is filed", given: toFiled, when: step{by: "worker", at: "02 09:06", cmd: &gridcasev1.AmendReport{Description: "a text"}},
		kind: fault.Conflict, code: "case.not_reported_or_verifying"},
}
