package readmodel_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/readmodel/timeline"
)

func TestWhatHappenedToACase(t *testing.T) {
	t.Parallel()
	s := show(t, timeline.View{})
	s.happens(1, report, note, file)
	s.happens(2, report)
	entry := func(version int, st step, position string) *gridcasev1.TimelineEntry {
		return &gridcasev1.TimelineEntry{Version: uint64(version), EventId: "00000000-0000-5000-8000-00000000000" + position, At: timestamppb.New(minute(version - 1)), Actor: desk,
			Role: gridcasev1.Role_ROLE_ACCEPTOR, State: st.state, Grid: "610302001001001", CommandId: "c" + position, Position: "610302-2026:" + position, Event: gridcasev1.WrapEvent(st.message)}
	}
	all := []*gridcasev1.TimelineEntry{entry(1, report, "1"), entry(2, note, "2"), entry(3, file, "3")}
	for _, tt := range []struct {
		name  string
		after uint64
		limit int
		want  []*gridcasev1.TimelineEntry
	}{
		{"from the beginning, the payloads as they were", 0, 10, all},
		{"behind a version", 1, 10, all[1:]},
		{"no more than asked for", 0, 2, all[:2]},
		{"behind the last", 3, 10, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := timeline.Timelines{Pool: s.pool}.Of(t.Context(), "610302", id(1), tt.after, tt.limit)
			if err != nil {
				t.Fatal(err)
			}
			same(t, got, tt.want)
		})
	}
}

func TestAHiddenFileIsNotNamedWhereItWasAdded(t *testing.T) {
	t.Parallel()
	s := show(t, timeline.View{})
	file := func(sha string) *gridcasev1.AttachmentAdded {
		return &gridcasev1.AttachmentAdded{Attachment: &gridcasev1.Attachment{Sha256: sha, MediaType: "image/jpeg", Size: 7}, Note: &gridcasev1.Sealed{PersonRef: "p", Field: "note"}}
	}
	hides := &gridcasev1.AttachmentRedacted{Sha256: "aa", Reason: &gridcasev1.Sealed{PersonRef: "p", Field: "reason"}}
	s.happens(1, report, in(reported, file("aa")), in(reported, file("bb")), in(reported, hides))
	s.happens(2, report, in(reported, file("aa")))
	for _, tt := range []struct {
		name  string
		n     int
		after uint64
		limit int
		want  []*gridcasev1.Event
	}{
		{"the file, not the others, nor that it was hidden", 1, 1, 10, []*gridcasev1.Event{
			gridcasev1.WrapEvent(&gridcasev1.AttachmentAdded{}), gridcasev1.WrapEvent(file("bb")), gridcasev1.WrapEvent(hides)}},
		{"on a page before it was hidden too", 1, 1, 1, []*gridcasev1.Event{gridcasev1.WrapEvent(&gridcasev1.AttachmentAdded{})}},
		{"in that case alone", 2, 1, 10, []*gridcasev1.Event{gridcasev1.WrapEvent(file("aa"))}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			entries, err := timeline.Timelines{Pool: s.pool}.Of(t.Context(), "610302", id(tt.n), tt.after, tt.limit)
			if err != nil {
				t.Fatal(err)
			}
			got := make([]*gridcasev1.Event, len(entries))
			for i, e := range entries {
				got[i] = e.GetEvent()
			}
			same(t, got, tt.want)
		})
	}
}

func TestWhatBecameOfACommandOfOnesOwn(t *testing.T) {
	t.Parallel()
	s := show(t, timeline.View{})
	log := s.events(1, report, file, note, assign)
	log[2].CommandID = log[1].CommandID // a command of two events
	log[3].Actor = wang
	s.fold(log)
	another := s.events(2, report)
	another[0].CommandID, another[0].Actor = log[1].CommandID, wang // somebody else's with the same id
	s.fold(another)
	own := &gridcasev1.Receipt{District: "610302", CaseId: id(1), CommandId: log[1].CommandID, Version: 3, Position: "610302-2026:3", State: reported, Duplicate: true}
	theirs := &gridcasev1.Receipt{District: "610302", CaseId: id(2), CommandId: log[1].CommandID, Version: 1, Position: "610302-2026:5", State: reported, Duplicate: true}
	for _, tt := range []struct {
		name, district, actor, command string
		want                           *gridcasev1.Receipt
		at                             time.Time
	}{
		{"the last event of the own command", "610302", desk, log[1].CommandID, own, minute(2)},
		{"each has the own", "610302", wang, log[1].CommandID, theirs, minute(0)},
		{"another's is nobody's", "610302", desk, log[3].CommandID, nil, time.Time{}},
		{"nor is it another district's", "610303", desk, log[1].CommandID, nil, time.Time{}},
		{"nor what was never sent", "610302", desk, "c99", nil, time.Time{}},
	} {
		got, at, err := timeline.Timelines{Pool: s.pool}.Receipt(t.Context(), tt.district, tt.actor, tt.command)
		if err != nil || !at.Equal(tt.at) {
			t.Errorf("%s: at %s, %v", tt.name, at, err)
		}
		same(t, got, tt.want)
	}
}
