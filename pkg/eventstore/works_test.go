package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/natsd/natstest"
)

// delayed is the event that stands at a version of a project.
func delayed(t *testing.T, p eventstore.Project, version uint64, prev string) eventstore.Event {
	t.Helper()
	env := gridcasev1.Envelope{ID: uuid.NewString(), Type: "gridcase.v1.ProjectDelayed", Source: "/test", Time: time.Now().UTC(), Subject: p.Subject(), Version: version,
		CommandID: uuid.NewString(), CommandHash: "00", Actor: uuid.NewString(), Role: gridcasev1.Role_ROLE_DISPATCHER, Grid: p.District, Prev: prev}
	e, err := eventstore.Draft{Envelope: env, Message: &gridcasev1.ProjectDelayed{Reason: gridcasev1.DelayReason_DELAY_REASON_WEATHER}}.Seal(p)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func project(t *testing.T, code string) eventstore.Project {
	t.Helper()
	p, err := eventstore.ProjectOf("610302", code)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAProjectIsAppendedBehindItsOwnLastEvent(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, log *eventstore.Log, _ func(string)) {
		ctx, p, other := t.Context(), project(t, "P-1"), project(t, "P-2")
		first := delayed(t, p, 1, "")
		seq, err := log.AppendProject(ctx, p, 0, []eventstore.Event{first})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := log.AppendProject(ctx, other, 0, []eventstore.Event{delayed(t, other, 1, "")}); err != nil {
			t.Fatal(err)
		}
		if _, err := log.AppendProject(ctx, p, 0, []eventstore.Event{delayed(t, p, 1, "")}); !errors.Is(err, eventstore.ErrConflict) {
			t.Errorf("a second first event: %v", err)
		}
		if _, err := log.AppendProject(ctx, p, seq, []eventstore.Event{delayed(t, p, 2, first.Hash)}); err != nil {
			t.Error(err)
		}
		events, err := log.LoadProject(ctx, p)
		if err != nil || len(events) != 2 || events[0].Project != "P-1" || events[0].District != "610302" || events[0].CaseID != "" || events[1].Prev != events[0].Hash {
			t.Errorf("%+v, %v", events, err)
		}
		if last, err := log.Last(ctx, p); err != nil || last != events[1].Seq {
			t.Errorf("the last is %d (%v), want %d", last, err, events[1].Seq)
		}
	})
}

func TestAWorksStreamLosesNothingAndIsNoCasesStream(t *testing.T) {
	t.Parallel()
	conn := natstest.Connect(t, natstest.Node(t))
	log, p := open(t, conn, 1), project(t, "P-1")
	if _, err := log.AppendProject(t.Context(), p, 0, []eventstore.Event{delayed(t, p, 1, "")}); err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	s, err := js.Stream(t.Context(), "WORKS_610302")
	if err != nil {
		t.Fatal(err)
	}
	if s.Purge(t.Context()) == nil || s.DeleteMsg(t.Context(), 1) == nil {
		t.Error("events of a works programme can be deleted")
	}
	if streams, err := log.Streams(t.Context()); err != nil || len(streams) > 0 {
		t.Errorf("cases streams: %v, %v", streams, err)
	}
}

func TestWhoFollowsTheProgrammesGetsEveryEventOnceAndKnowsWhenItHasAll(t *testing.T) {
	t.Parallel()
	log := open(t, natstest.Connect(t, natstest.Node(t)), 1)
	for i := range 3 {
		p := project(t, fmt.Sprintf("P-%d", i))
		if _, err := log.AppendProject(t.Context(), p, 0, []eventstore.Event{delayed(t, p, 1, "")}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	var got []string
	ready := 0
	err := log.FollowWorks(ctx, func(e eventstore.Event) error {
		got = append(got, e.Project)
		if e.Project == "late" {
			cancel()
		}
		return nil
	}, func() {
		ready = len(got)
		late, err := eventstore.ProjectOf("610399", "late") // in a district that had no programme
		if err == nil {
			_, err = log.AppendProject(ctx, late, 0, []eventstore.Event{delayed(t, late, 1, "")})
		}
		if err != nil {
			t.Error(err)
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || ready != 3 || strings.Join(got, " ") != "P-0 P-1 P-2 late" {
		t.Errorf("%q, ready after %d, %v", got, ready, err)
	}
}

func TestAProjectsCodeMayStandInASubject(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"P", "2403-610302-04-01-123456", "SL_2026_01", strings.Repeat("x", 64)} {
		if _, err := eventstore.ProjectOf("610302", code); err != nil {
			t.Errorf("%q: %v", code, err)
		}
	}
	for _, code := range []string{"", "P.1", "P*", ">", "P 1", "示例", strings.Repeat("x", 65)} {
		if _, err := eventstore.ProjectOf("610302", code); err == nil || fault.Of(err).Code != "project.code" {
			t.Errorf("%q: %v", code, err)
		}
	}
	if _, err := eventstore.ProjectOf("6103", "P"); err == nil || fault.Of(err).Code != "district.malformed" {
		t.Errorf("a district of 4 digits: %v", err)
	}
}
