package programme

import (
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/works"
)

// Project returns how a project stands at an instant, with the outlines of its permits, and what happened to it; false where the district has
// no such project.
func (d *Directory) Project(code, project string, now time.Time) (*gridcasev1.Project, []*gridcasev1.ProjectEntry, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	of := d.districts[code]
	if of == nil || of.projects[project] == nil {
		return nil, nil, false
	}
	e := of.projects[project]
	return shown(code, &e.project, now, true), e.history, true
}

// Projects returns how every project of a district stands at an instant, by code; with the outlines of the permits where asked for.
func (d *Directory) Projects(code string, now time.Time, outlines bool) []*gridcasev1.Project {
	d.mu.RLock()
	defer d.mu.RUnlock()
	of := d.districts[code]
	if of == nil {
		return nil
	}
	projects := make([]*gridcasev1.Project, 0, len(of.projects))
	for _, e := range of.projects {
		projects = append(projects, shown(code, &e.project, now, outlines))
	}
	slices.SortFunc(projects, func(a, b *gridcasev1.Project) int { return strings.Compare(a.GetProjectCode(), b.GetProjectCode()) })
	return projects
}

// told is an event as the history shows it.
func told(e *eventstore.Event, m proto.Message) *gridcasev1.ProjectEntry {
	return &gridcasev1.ProjectEntry{Version: e.Version, At: timestamppb.New(e.Time), Actor: e.Actor, Role: e.Role, Event: gridcasev1.WrapWorksEvent(m)}
}

func shown(district string, p *works.Project, now time.Time, outlines bool) *gridcasev1.Project {
	out := &gridcasev1.Project{
		District: district, ProjectCode: p.Code, Road: p.Road, Kind: p.Kind, Contractor: p.Contractor, State: p.State, PlannedStart: instant(p.PlannedStart),
		PlannedEnd: instant(p.PlannedEnd), FirstPlannedEnd: instant(p.FirstPlannedEnd), StartedAt: instant(p.StartedAt), EndedAt: instant(p.EndedAt),
		DelayedDays: p.DelayedDays(now), Progress: p.Progress(), Version: p.Version,
	}
	for _, s := range p.Segments {
		out.Segments = append(out.Segments, &gridcasev1.SegmentStatus{Id: s.ID, LengthM: s.Metres, CompletedAt: instant(s.CompletedAt), PassedAt: instant(s.PassedAt), Failures: s.Failures})
	}
	for _, k := range p.Permits {
		permit := &gridcasev1.ProjectPermit{Number: k.Number, ValidFrom: instant(k.From), ValidTo: instant(k.To), RevokedAt: instant(k.RevokedAt), InForce: p.InForce(k, now)}
		if outlines {
			permit.Rings = k.Rings
		}
		out.Permits = append(out.Permits, permit)
	}
	return out
}

// instant is nil for the zero time.
func instant(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
