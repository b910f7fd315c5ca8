package readmodel_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	"github.com/gridcase/gridcase/pkg/projection"
)

const (
	reported   = gridcasev1.State_STATE_REPORTED
	verifying  = gridcasev1.State_STATE_VERIFYING
	filed      = gridcasev1.State_STATE_FILED
	dispatched = gridcasev1.State_STATE_DISPATCHED
	handling   = gridcasev1.State_STATE_HANDLING
	handled    = gridcasev1.State_STATE_HANDLED
	inspecting = gridcasev1.State_STATE_INSPECTING
	closed     = gridcasev1.State_STATE_CLOSED
	notFiled   = gridcasev1.State_STATE_NOT_FILED

	accept         = gridcasev1.Stage_STAGE_ACCEPT
	verify         = gridcasev1.Stage_STAGE_VERIFY
	dispatch       = gridcasev1.Stage_STAGE_DISPATCH
	sign           = gridcasev1.Stage_STAGE_SIGN
	handle         = gridcasev1.Stage_STAGE_HANDLE
	decide         = gridcasev1.Stage_STAGE_DECIDE
	sendInspection = gridcasev1.Stage_STAGE_SEND_INSPECTION
	inspect        = gridcasev1.Stage_STAGE_INSPECT
	closing        = gridcasev1.Stage_STAGE_CLOSE

	wang = "00000000-0000-4000-8000-00000000aaaa" // a grid worker
	li   = "00000000-0000-4000-8000-00000000bbbb" // a handler
	desk = "00000000-0000-4000-8000-00000000cccc" // the acceptor
)

// morning is when every case here is reported; its n-th event follows n-1 minutes later.
var morning = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

func minute(n int) time.Time { return morning.Add(time.Duration(n) * time.Minute) }

// everything is the scope of the centre's desks.
var everything = access.Scope{District: "610302", All: true, User: desk}

// step is an event and the state after it.
type step struct {
	state   gridcasev1.State
	message proto.Message
}

// runs is the reading of a clock that is due so many minutes after the report; 0: it stops.
func runs(stage gridcasev1.Stage, due int) *gridcasev1.Clocks {
	if due == 0 {
		return &gridcasev1.Clocks{Stage: stage}
	}
	return &gridcasev1.Clocks{Stage: stage, Due: timestamppb.New(minute(due)), WarnAt: timestamppb.New(minute(due - 1)),
		Limit: &gridcasev1.Limit{Value: uint32(due), Unit: gridcasev1.LimitUnit_LIMIT_UNIT_MINUTE, Basis: gridcasev1.LimitBasis_LIMIT_BASIS_WALL}}
}

func clocks(c ...*gridcasev1.Clocks) []*gridcasev1.Clocks { return c }

func place(grid string) *gridcasev1.Place {
	return &gridcasev1.Place{Grid: grid, Community: grid[:12], Street: grid[:9], District: grid[:6], Point: &gridcasev1.GeoPoint{Longitude: 107.14, Latitude: 34.36, Crs: gridcasev1.Crs_CRS_WGS84}}
}

// The way of a case, step by step.
var (
	report  = step{reported, &gridcasev1.CaseReported{Number: "6103022026030200001", CaseType: "parking.motor", Source: gridcasev1.Source_SOURCE_HOTLINE, Place: place("610302001001001"), ExternalRef: "hotline/7", Clocks: clocks(runs(accept, 15))}}
	send    = step{verifying, &gridcasev1.VerificationRequested{Worker: wang, Clocks: clocks(paused(accept, 15), runs(verify, 31))}}
	seen    = step{reported, &gridcasev1.VerificationSubmitted{Result: gridcasev1.VerificationResult_VERIFICATION_RESULT_EXISTS, Clocks: clocks(runs(verify, 0), runs(accept, 16))}}
	file    = step{filed, &gridcasev1.CaseFiled{Condition: "blocks_exit", Clocks: clocks(runs(accept, 0), runs(dispatch, 30))}}
	decline = step{notFiled, &gridcasev1.CaseDeclined{}}
	assign  = step{dispatched, &gridcasev1.CaseDispatched{Department: "traffic_police", Clocks: clocks(runs(dispatch, 0), runs(sign, 60), runs(handle, 240))}}
	recall  = step{filed, &gridcasev1.DispatchRecalled{Clocks: clocks(runs(sign, 0), runs(handle, 0), runs(dispatch, 45))}}
	back    = step{reported, &gridcasev1.CaseSentBack{Clocks: clocks(runs(dispatch, 0), runs(accept, 50))}}
	signs   = step{handling, &gridcasev1.TaskSigned{Clocks: clocks(runs(sign, 0))}}
	hand    = step{handling, &gridcasev1.HandlerAssigned{Handler: li}}
	revoke  = step{handling, &gridcasev1.HandlerRevoked{Handler: li}}
	ask     = step{handling, &gridcasev1.ReturnRequested{Clocks: clocks(paused(handle, 240), runs(decide, 80))}}
	refuse  = step{handling, &gridcasev1.ReturnRefused{Clocks: clocks(runs(decide, 0), runs(handle, 250))}}
	approve = step{filed, &gridcasev1.ReturnApproved{Clocks: clocks(runs(decide, 0), runs(sign, 0), runs(handle, 0), runs(dispatch, 90))}}
	done    = step{handled, &gridcasev1.HandlingReported{Clocks: clocks(runs(handle, 0), runs(sendInspection, 100))}}
	look    = step{inspecting, &gridcasev1.InspectionRequested{Worker: wang, Clocks: clocks(runs(sendInspection, 0), runs(inspect, 120))}}
	passes  = step{handled, &gridcasev1.InspectionSubmitted{Result: gridcasev1.InspectionResult_INSPECTION_RESULT_PASS, Clocks: clocks(runs(inspect, 0), runs(closing, 130))}}
	rework  = step{handling, &gridcasev1.ReworkOrdered{Clocks: clocks(runs(closing, 0), runs(handle, 300))}}
	ends    = step{closed, &gridcasev1.CaseClosed{}}
	reopen  = step{filed, &gridcasev1.CaseReopened{Condition: "blocks_exit", Clocks: clocks(runs(dispatch, 400))}}
	renew   = step{reported, &gridcasev1.CaseReopened{Clocks: clocks(runs(accept, 400))}}
	move    = step{reported, &gridcasev1.CaseRelocated{Place: place("610302001002003")}}
	retype  = step{reported, &gridcasev1.CaseReclassified{CaseType: "roadworks.occupation"}}
	note    = step{reported, &gridcasev1.NoteAdded{}}
)

func paused(stage gridcasev1.Stage, due int) *gridcasev1.Clocks {
	k := runs(stage, due)
	k.Paused = true
	return k
}

// shown is one view in a database of its own.
type shown struct {
	t    *testing.T
	pool *pgxpool.Pool
	view projection.View
	seq  uint64
}

func show(t *testing.T, view projection.View) *shown {
	t.Helper()
	pool, err := postgres.Connect(t.Context(), pgtest.New(t), postgres.PoolOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	s := &shown{t: t, pool: pool, view: view}
	s.in(func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), "create schema "+projection.Schema(view)+"; set local search_path to "+projection.Schema(view)+"; "+view.Tables())
		return err
	})
	return s
}

func (s *shown) in(act func(pgx.Tx) error) {
	s.t.Helper()
	if err := pgx.BeginFunc(context.Background(), s.pool, act); err != nil {
		s.t.Fatal(err)
	}
}

// id is the n-th case's.
func id(n int) string { return fmt.Sprintf("019cad5b-8000-7000-8000-%012x", n) }

// happens folds the way of the n-th case, each event in a batch of its own.
func (s *shown) happens(n int, steps ...step) {
	s.t.Helper()
	for _, e := range s.events(n, steps...) {
		s.fold([]projection.Event{e})
	}
}

// events are the way of the n-th case, in the order of the log.
func (s *shown) events(n int, steps ...step) []projection.Event {
	s.t.Helper()
	events := make([]projection.Event, len(steps))
	grid := ""
	for i, st := range steps {
		if m, ok := st.message.(interface{ GetPlace() *gridcasev1.Place }); ok {
			grid = m.GetPlace().GetGrid()
		}
		s.seq++
		payload, err := proto.Marshal(st.message)
		if err != nil {
			s.t.Fatal(err)
		}
		events[i] = projection.Event{Message: st.message, Event: eventstore.Event{District: "610302", Year: 2026, CaseID: id(n), Seq: s.seq, Payload: payload, Envelope: gridcasev1.Envelope{
			ID: fmt.Sprintf("00000000-0000-5000-8000-%012x", s.seq), Type: gridcasev1.EventType(st.message), Time: minute(i), Version: uint64(i + 1), CommandID: fmt.Sprintf("c%d", s.seq),
			Actor: desk, Role: gridcasev1.Role_ROLE_ACCEPTOR, Grid: grid, State: st.state}}}
	}
	return events
}

// fold folds one batch.
func (s *shown) fold(batch []projection.Event) {
	s.t.Helper()
	s.in(func(tx pgx.Tx) error {
		return projection.Apply(s.t.Context(), tx, s.view, projection.Schema(s.view), batch)
	})
}

// same compares messages, or slices of them.
func same(t *testing.T, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got, protocmp.Transform(), cmpopts.EquateEmpty()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
