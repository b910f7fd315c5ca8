package parquetfile_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/parquetfile"
)

const canary = "canary"

// fill sets every field of a message, the texts of sealed values to the canary and others to "plain". Of a oneof, the member pick is set, or its
// first one.
func fill(m protoreflect.Message, depth, pick int) {
	fields := m.Descriptor().Fields()
	text := "plain"
	if m.Descriptor().FullName() == "gridcase.v1.Sealed" {
		text = canary
	}
	for i := range fields.Len() {
		fd := fields.Get(i)
		if o := fd.ContainingOneof(); o != nil && !o.IsSynthetic() && fd != o.Fields().Get(pick%o.Fields().Len()) {
			continue
		}
		switch {
		case fd.Message() != nil && depth == 0 || fd.IsMap():
		case fd.Message() != nil && fd.IsList():
			fill(m.Mutable(fd).List().AppendMutable().Message(), depth-1, pick)
		case fd.Message() != nil && fd.Message().FullName() == "google.protobuf.Timestamp":
			m.Set(fd, protoreflect.ValueOfMessage(timestamppb.New(time.Unix(1, 0)).ProtoReflect()))
		case fd.Message() != nil:
			fill(m.Mutable(fd).Message(), depth-1, pick)
		case fd.IsList():
		case fd.Kind() == protoreflect.StringKind:
			m.Set(fd, protoreflect.ValueOfString(text))
		}
	}
}

// TestNothingSealedLeaves fills every event that the contract has, to the depth of its messages and in every variant of its fields' values.
func TestNothingSealedLeaves(t *testing.T) {
	t.Parallel()
	members := (&gridcasev1.Event{}).ProtoReflect().Descriptor().Oneofs().Get(0).Fields()
	withSealed := 0
	for i := range members.Len() {
		for pick := range 4 {
			e := &gridcasev1.Event{}
			fill(e.ProtoReflect().Mutable(members.Get(i)).Message(), 5, pick)
			if strings.Contains(e.String(), canary) {
				withSealed++
			}
			row, err := parquetfile.NewEvent("610302", 2026, &gridcasev1.LogEntry{Entry: &gridcasev1.TimelineEntry{Event: e}})
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(row.Payload, canary) || strings.Contains(row.Payload, "commitment") || !json.Valid([]byte(row.Payload)) || row.Type != string(members.Get(i).Message().Name()) {
				t.Errorf("%s: %s", row.Type, row.Payload)
			}
			if strings.Contains(e.String(), "plain") && !strings.Contains(row.Payload, "plain") {
				t.Errorf("%s has lost what is not sealed: %s", row.Type, row.Payload)
			}
		}
	}
	if withSealed < 10 {
		t.Errorf("only %d events had something sealed", withSealed)
	}
}

func TestAnEventsRowSaysWhatTheLogSays(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 2, 3, 4, 5, 678_901_000, time.UTC)
	e := &gridcasev1.LogEntry{CaseId: "0198", Sequence: 7, Hash: "abcd", Catalogue: 3, Calendar: 2, Entry: &gridcasev1.TimelineEntry{Version: 5, At: timestamppb.New(at), Actor: "actor",
		Role: gridcasev1.Role_ROLE_UNIT_MANAGER, State: gridcasev1.State_STATE_FILED, Grid: "610302001001001", CommandId: "command",
		Event: gridcasev1.WrapEvent(&gridcasev1.ReturnApproved{Reason: &gridcasev1.Sealed{PersonRef: canary}, Clocks: []*gridcasev1.Clocks{{Stage: gridcasev1.Stage_STAGE_DISPATCH, Paused: true}}})}}
	row, err := parquetfile.NewEvent("610302", 2026, e)
	if err != nil {
		t.Fatal(err)
	}
	want := parquetfile.Event{District: "610302", Year: 2026, Sequence: 7, CaseID: "0198", Version: 5, Type: "ReturnApproved", At: at, Actor: "actor", Role: "unit_manager", State: "filed",
		Grid: "610302001001001", Catalogue: 3, Calendar: 2, CommandID: "command", Hash: "abcd", Payload: `{"clocks":[{"stage":"STAGE_DISPATCH","paused":true}]}`}
	if diff := cmp.Diff(want, row); diff != "" {
		t.Error(diff)
	}
	path := filepath.Join(t.TempDir(), "events.parquet")
	file, err := parquetfile.Create[parquetfile.Event](path)
	if err != nil {
		t.Fatal(err)
	}
	if err := file.Write([]parquetfile.Event{row}); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := parquet.ReadFile[parquetfile.Event](path)
	if diff := cmp.Diff([]parquetfile.Event{want}, got); err != nil || diff != "" {
		t.Errorf("%s, %v", diff, err)
	}
}

func TestAnEventOfALaterContractIsRefused(t *testing.T) {
	t.Parallel()
	_, err := parquetfile.NewEvent("610302", 2026, &gridcasev1.LogEntry{Entry: &gridcasev1.TimelineEntry{Position: "610302-2026:9", Event: &gridcasev1.Event{}}})
	if err == nil || !strings.Contains(err.Error(), "610302-2026:9") {
		t.Errorf("%v", err)
	}
}

func TestACasesRowSaysHowItStands(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 2, 3, 4, 5, 0, time.UTC)
	row := parquetfile.NewCase(&gridcasev1.CaseStatus{Number: "61", State: gridcasev1.State_STATE_HANDLING, Place: &gridcasev1.Place{Grid: "g", Community: "c", Street: "s", Point: &gridcasev1.GeoPoint{Longitude: 107, Latitude: 34}},
		Clocks: []*gridcasev1.Clocks{{Stage: gridcasev1.Stage_STAGE_SEND_INSPECTION, Due: timestamppb.New(at)}}, Overdue: []gridcasev1.Stage{gridcasev1.Stage_STAGE_HANDLE}, Bounces: 2,
		ReportedAt: timestamppb.New(at), ChangedAt: timestamppb.New(at)})
	longitude, latitude := 107.0, 34.0
	want := parquetfile.Case{Number: "61", State: "handling", Grid: "g", Community: "c", Street: "s", Longitude: &longitude, Latitude: &latitude, Clocks: []parquetfile.Clock{{Stage: "send_inspection", Due: &at}},
		Overdue: []string{"handle"}, Bounces: 2, ReportedAt: &at, ChangedAt: at}
	if diff := cmp.Diff(want, row); diff != "" {
		t.Error(diff)
	}
}
