package casestatus

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
)

// proto is the row as the API shows it.
func (r *row) proto() *gridcasev1.CaseStatus {
	return &gridcasev1.CaseStatus{
		District: r.District, CaseId: r.CaseID, Number: r.Number, CaseType: r.CaseType, Condition: r.Condition, State: gridcasev1.State(r.State),
		Source: gridcasev1.Source(r.Source), Priority: gridcasev1.Priority(r.Priority), Place: r.placed(),
		Department: r.Department, Handler: r.Handler, Worker: r.Worker, Reporter: r.Reporter, Pending: r.Requests.First(), Requests: r.Requests.Kinds(),
		Primary: r.Primary, Parent: r.Parent, Duplicates: r.Duplicates.Items, Children: r.Children.Items, SettledChildren: r.Settled.Items,
		Bounces: uint32(r.Bounces), Reworks: uint32(r.Reworks), Reopenings: uint32(r.Reopenings), Extensions: uint32(r.Extensions), Escalation: uint32(r.Escalation),
		ReportedAt: stamp(r.ReportedAt), FiledAt: stamp(r.FiledAt), DispatchedAt: stamp(r.DispatchedAt), HandledAt: stamp(r.HandledAt), ClosedAt: stamp(r.ClosedAt),
		SuspendedUntil: stamp(r.SuspendedUntil), Clocks: r.Clocks.Proto(), Overdue: r.Overdue.Items, TimeoutExempt: r.TimeoutExempt, SelfFixed: r.SelfFixed,
		Satisfaction: gridcasev1.Satisfaction(r.Satisfaction), Permits: r.permits(), Version: uint64(r.Version), ChangedAt: timestamppb.New(r.ChangedAt), ExternalRef: r.ExternalRef,
		Position: eventstore.Position{District: r.District, Year: int(r.Year), Seq: uint64(r.Seq)}.String(),
	}
}

func (r *row) placed() *gridcasev1.Place {
	return &gridcasev1.Place{Grid: r.Grid, Community: r.Community, Street: r.Street, District: r.District, Point: r.point()}
}

func (r *row) point() *gridcasev1.GeoPoint {
	if r.Longitude == nil || r.Latitude == nil {
		return nil
	}
	return &gridcasev1.GeoPoint{Longitude: *r.Longitude, Latitude: *r.Latitude, Crs: gridcasev1.Crs(r.Crs)}
}

func (r *row) permits() []*gridcasev1.Permit {
	var out []*gridcasev1.Permit
	for _, p := range r.Permits.Items {
		shown := &gridcasev1.Permit{Project: p.Project, Number: p.Number}
		if !p.ValidTo.IsZero() {
			shown.ValidTo = timestamppb.New(p.ValidTo)
		}
		out = append(out, shown)
	}
	return out
}

func stamp(t *time.Time) *timestamppb.Timestamp {
	if t == nil {
		return nil
	}
	return timestamppb.New(*t)
}

// instant is a time that may be absent; zero where it is.
func instant(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}
