package casework

import (
	"slices"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/catalog"
	"github.com/gridcase/gridcase/pkg/fault"
)

// reportCase opens a case where none was: in the jurisdiction, of an active type, with what the type asks for.
func reportCase(c *Case, cmd *gridcasev1.ReportCase, f *Facts) (proto.Message, error) {
	if c.Version > 0 {
		return nil, fault.New(fault.Conflict, "case.exists", "there is a case of this id with another report; a new report needs a new case id")
	}
	caseType, err := f.activeType(cmd.GetCaseType())
	if err != nil {
		return nil, err
	}
	place, err := f.locate(cmd.GetPoint(), cmd.GetGrid())
	if err != nil {
		return nil, err
	}
	source, err := f.source(cmd.GetSource())
	if err != nil {
		return nil, err
	}
	if err := catalog.CheckFields(caseType, cmd.GetFields(), !f.importing()); err != nil {
		return nil, err
	}
	if source == gridcasev1.Source_SOURCE_GRID_WORKER {
		if err := catalog.CheckPhotos(caseType, cmd.GetPhotos()); err != nil {
			return nil, err
		}
	}
	return &gridcasev1.CaseReported{
		Number: f.Numbers[0], Permits: f.Permits, CaseType: cmd.GetCaseType(), Source: source, Place: place, Fields: f.record(cmd.GetFields()), Photos: cmd.GetPhotos(),
		Description: f.Sealed["description"], Address: f.Sealed["address"], ReporterName: f.Sealed["reporter_name"],
		ReporterPhone: f.Sealed["reporter_phone"], ExternalRef: cmd.GetExternalRef(),
		Clocks: f.reportClocks(cmd.GetCaseType()),
	}, nil
}

// reportClocks is the reading of the clocks when a case of the type is reported.
func (f *Facts) reportClocks(caseType string) []*gridcasev1.Clocks {
	next := Case{Type: caseType}
	return readings(nil, next.startDesk(f, gridcasev1.Stage_STAGE_ACCEPT))
}

func (c *Case) caseReported(e *gridcasev1.CaseReported, env *gridcasev1.Envelope) {
	c.State, c.Number, c.Type, c.Source, c.Place = gridcasev1.State_STATE_REPORTED, e.GetNumber(), e.GetCaseType(), e.GetSource(), e.GetPlace()
	c.Fields, c.Reporter, c.Parent, c.Permits = e.GetFields(), env.Actor, e.GetParent(), e.GetPermits()
}

// activeType returns a case type that new cases may have.
func (f *Facts) activeType(id string) (*gridcasev1.CaseType, error) {
	t, ok := f.Catalogue.Type(id)
	if !ok {
		return nil, fault.BadField("case_type", "case_type.unknown", "the district's catalogue has no case type %q", id)
	}
	if t.GetInactive() {
		return nil, fault.BadField("case_type", "case_type.inactive", "the case type %q is no longer in use", id)
	}
	return t, nil
}

// locate finds the unit grid of a point. A grid that the sender names must be the one that holds the point; an importer's record is taken
// at its word, since its system located it.
func (f *Facts) locate(p *gridcasev1.GeoPoint, code string) (*gridcasev1.Place, error) {
	if code != "" && f.importing() {
		place, ok := f.Grids.Place(code, p)
		if !ok {
			return nil, fault.BadField("grid", "grid.unknown", "the district has no unit grid %s", code)
		}
		return place, nil
	}
	place, ok := f.Grids.Locate(p)
	if !ok {
		return nil, fault.BadField("point", "point.outside", "the point lies in no unit grid of district %s", f.Grids.District())
	}
	if code == "" || code == place.GetGrid() {
		return place, nil
	}
	if _, known := f.Grids.Area(code); !known {
		return nil, fault.BadField("grid", "grid.unknown", "the district has no unit grid %s", code)
	}
	return nil, fault.BadField("grid", "grid.mismatch", "the point does not lie in unit grid %s but in %s", code, place.GetGrid())
}

// sources are what each role may say of where a report came from; the first is what an unspecified source means.
var sources = map[gridcasev1.Role][]gridcasev1.Source{
	gridcasev1.Role_ROLE_GRID_WORKER: {gridcasev1.Source_SOURCE_GRID_WORKER},
	gridcasev1.Role_ROLE_CITIZEN:     {gridcasev1.Source_SOURCE_CITIZEN},
	gridcasev1.Role_ROLE_ACCEPTOR: {gridcasev1.Source_SOURCE_HOTLINE, gridcasev1.Source_SOURCE_CITIZEN, gridcasev1.Source_SOURCE_ORDER,
		gridcasev1.Source_SOURCE_VIDEO, gridcasev1.Source_SOURCE_SENSOR, gridcasev1.Source_SOURCE_DEPARTMENT},
	gridcasev1.Role_ROLE_INTEGRATION: {gridcasev1.Source_SOURCE_HOTLINE, gridcasev1.Source_SOURCE_CITIZEN, gridcasev1.Source_SOURCE_VIDEO,
		gridcasev1.Source_SOURCE_SENSOR, gridcasev1.Source_SOURCE_DEPARTMENT},
	gridcasev1.Role_ROLE_IMPORTER: {gridcasev1.Source_SOURCE_IMPORT},
}

func (f *Facts) source(given gridcasev1.Source) (gridcasev1.Source, error) {
	allowed := sources[f.Actor.Role]
	if len(allowed) == 0 {
		return 0, fault.New(fault.Denied, "access.role", "the actor's role does not report cases")
	}
	if given == gridcasev1.Source_SOURCE_UNSPECIFIED {
		return allowed[0], nil
	}
	if !slices.Contains(allowed, given) {
		return 0, fault.BadField("source", "source.role", "the actor's role does not bring in reports of source %s", given)
	}
	return given, nil
}

// public tells whether a report came from people outside, so that it must be verified on the spot before filing.
func public(s gridcasev1.Source) bool {
	return s == gridcasev1.Source_SOURCE_HOTLINE || s == gridcasev1.Source_SOURCE_CITIZEN
}
