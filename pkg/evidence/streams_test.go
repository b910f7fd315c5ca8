package evidence_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/evidence"
)

// walker is a walk along a stream.
type walker interface {
	Take(e *evidence.Entry)
	End(last uint64)
}

// walked are the findings of a walk along entries up to a sequence.
func walked(entries []evidence.Entry, last uint64, walk func(report func(evidence.Finding)) walker) (found []evidence.Finding) {
	w := walk(func(f evidence.Finding) { found = append(found, f) })
	for i := range entries {
		w.Take(&entries[i])
	}
	w.End(last)
	return found
}

// damage is a way to spoil a stream, and what is said of it.
type damage struct {
	name, code string
	parts      []string
	spoil      func([]evidence.Entry) []evidence.Entry
}

// holdTo spoils a sound stream of so many entries in each way and checks what a walk says.
func holdTo(t *testing.T, last uint64, sound func() []evidence.Entry, walk func(report func(evidence.Finding)) walker, damages []damage) {
	t.Helper()
	if found := walked(sound(), last, walk); len(found) > 0 {
		t.Fatalf("a sound stream: %v", found)
	}
	for _, d := range damages {
		t.Run(d.name, func(t *testing.T) {
			if found := walked(d.spoil(sound()), last, walk); !names(found, d.code, d.parts...) {
				t.Errorf("found %v, want a %s that says %q", found, d.code, d.parts)
			}
		})
	}
}

// without returns how to take out the entries from one to another.
func without(from, to int) func([]evidence.Entry) []evidence.Entry {
	return func(e []evidence.Entry) []evidence.Entry { return slices.Delete(e, from-1, to) }
}

// changed returns how to change the entry at a sequence.
func changed(seq int, change func(e *evidence.Entry)) func([]evidence.Entry) []evidence.Entry {
	return func(e []evidence.Entry) []evidence.Entry {
		change(&e[seq-1])
		return e
	}
}

// programme is a works programme as the write side writes it: the projects have their events in this order.
func programme(t *testing.T, codes ...string) (entries []evidence.Entry) {
	t.Helper()
	last, hashes := map[string]uint64{}, map[string]string{}
	for i, code := range codes {
		m := &gridcasev1.WorksStarted{}
		env := gridcasev1.Envelope{ID: fmt.Sprint("e", i), Type: gridcasev1.EventType(m), Source: "/test", Time: midnight.Add(time.Duration(i) * time.Second), Subject: "works.610302." + code,
			Version: last[code] + 1, CommandID: fmt.Sprint("c", i), CommandHash: "00", Actor: "a", Role: gridcasev1.Role_ROLE_DISPATCHER, Grid: "610302", Prev: hashes[code]}
		payload, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		e := evidence.Entry{Seq: uint64(i + 1), Subject: env.Subject, Headers: env.Headers(), Payload: payload}
		entries, last[code], hashes[code] = append(entries, e), env.Version, gridcasev1.Hash(e.Subject, e.Headers, e.Payload)
	}
	return entries
}

func TestAWorksProgrammeThatWasAlteredIsNamed(t *testing.T) {
	t.Parallel()
	set := func(name, value string) func(*evidence.Entry) {
		return func(e *evidence.Entry) { e.Headers[name] = []string{value} }
	}
	sound := func() []evidence.Entry { return programme(t, "P-1", "P-2", "P-1", "P-1", "P-2") }
	walk := func(report func(evidence.Finding)) walker { return evidence.NewWorksWalk("610302", report) }
	holdTo(t, 5, sound, walk, []damage{
		{"an event is missing", evidence.Gap, []string{"WORKS_610302:3 is missing"}, without(3, 3)},
		{"the end is missing", evidence.Gap, []string{"WORKS_610302:4 to 5 are missing: 2 events"}, without(4, 5)},
		{"the project of a missing event is named", evidence.Chain, []string{"project 610302/P-1 version 3: it follows version 1 of WORKS_610302:1 (WORKS_610302:4)"}, without(3, 3)},
		{"a header was altered", evidence.Chain, []string{"project 610302/P-1 version 3: version 2 (WORKS_610302:3) does not match its hash in this one"}, changed(3, set("gridcase-actor", "another"))},
		{"a payload was altered", evidence.Chain, []string{"project 610302/P-2 version 2", "version 1 (WORKS_610302:2) does not match"}, changed(2, func(e *evidence.Entry) { e.Payload = []byte{0x7a, 0} })},
		{"an event that can't be decoded", evidence.Event, []string{"project 610302/P-1 version 2: its payload is no gridcase.v1.WorksStarted (WORKS_610302:3)"}, changed(3, func(e *evidence.Entry) { e.Payload = []byte{0xff} })},
		{"an event of another project", evidence.Event, []string{"it is of works.610302.P-2 (WORKS_610302:3)"}, changed(3, set("ce-subject", "works.610302.P-2"))},
		{"an event of another district", evidence.Event, []string{"WORKS_610302:3 is of no project of this district"}, changed(3, func(e *evidence.Entry) { e.Subject = "works.610303.P-1" })},
		{"a sequence twice", evidence.Event, []string{"WORKS_610302:3 comes twice"}, changed(4, func(e *evidence.Entry) { e.Seq = 3 })},
	})
}

// versions is a district's reference data: areas in two parts, twice, and the calendar three times.
func versions(t *testing.T) (entries []evidence.Entry) {
	t.Helper()
	add := func(topic string, m proto.Message) {
		payload, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, evidence.Entry{Seq: uint64(len(entries) + 1), Subject: "reference.610302." + topic, Payload: payload})
	}
	for version := uint32(1); version <= 2; version++ {
		for part := uint32(1); part <= 2; part++ {
			add("grids", &gridcasev1.GridsVersion{District: "610302", Version: version, Part: part, Parts: 2})
		}
		add("calendar", &gridcasev1.CalendarVersion{District: "610302", Version: version})
	}
	add("calendar", &gridcasev1.CalendarVersion{District: "610302", Version: 3})
	return entries
}

func TestReferenceDataThatLacksAVersionIsNamed(t *testing.T) {
	t.Parallel()
	sound := func() []evidence.Entry { return versions(t) }
	walk := func(report func(evidence.Finding)) walker { return evidence.NewReferenceWalk("610302", report) }
	// renumbered takes entries out so that no sequence is missing: as one who makes the stream anew would.
	renumbered := func(from, to int) func([]evidence.Entry) []evidence.Entry {
		return func(e []evidence.Entry) []evidence.Entry {
			e = slices.Delete(e, from-1, to)
			for i := range e {
				e[i].Seq = uint64(i + 1)
			}
			return e
		}
	}
	holdTo(t, 7, sound, walk, []damage{
		{"a record is missing", evidence.Gap, []string{"REFERENCE_610302:6 is missing"}, without(6, 6)},
		{"a version was taken out", evidence.Version, []string{"calendar version 3 is REFERENCE_610302:6 and follows calendar version 1 of REFERENCE_610302:3"}, renumbered(6, 6)},
		{"the first version was taken out", evidence.Version, []string{"calendar version 2 is REFERENCE_610302:5, and the first in the stream"}, renumbered(3, 3)},
		{"a last part was taken out", evidence.Version, []string{"grids version 1 ends with part 1 of 2 (REFERENCE_610302:1)"}, renumbered(2, 2)},
		{"the very last part was taken out", evidence.Version, []string{"grids version 2 ends with part 1 of 2 (REFERENCE_610302:4)"}, renumbered(5, 5)},
		{"a first part was taken out", evidence.Version, []string{"grids version 2 part 2 of 2 is REFERENCE_610302:4 and follows grids version 1 part 2 of 2"}, renumbered(4, 4)},
		{"a version that can't be decoded", evidence.Event, []string{"REFERENCE_610302:6 is no version of calendar"}, changed(6, func(e *evidence.Entry) { e.Payload = []byte{0xff} })},
		{"a version of another district", evidence.Event, []string{`REFERENCE_610302:6 says that it is of district "610303"`}, changed(6, func(e *evidence.Entry) {
			e.Payload = encoded(t, &gridcasev1.CalendarVersion{District: "610303", Version: 2})
		})},
		{"a topic that is none", evidence.Event, []string{"REFERENCE_610302:6 is of no topic"}, changed(6, func(e *evidence.Entry) { e.Subject = "reference.610302.weather" })},
	})
}

func encoded(t *testing.T, m proto.Message) []byte {
	t.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSignedRootsThatWereAlteredAreNamed(t *testing.T) {
	t.Parallel()
	key, other := newKey(t), newKey(t)
	next := evidence.Log{District: "610302", Year: 2027}
	sign := func(l evidence.Log, size uint64, day int, by evidence.Key) []byte {
		root := evidence.Root{Log: l, Size: size, SignedAt: midnight.AddDate(0, 0, day)}
		signed, err := root.Sign(by)
		if err != nil {
			t.Fatal(err)
		}
		return []byte(signed)
	}
	sound := func() []evidence.Entry {
		return []evidence.Entry{
			{Seq: 1, Subject: "roots.610302.2026", Payload: sign(year, 3, 0, key)}, {Seq: 2, Subject: "roots.610302.2026", Payload: sign(year, 5, 4, key)}, // on the days between nothing grew
			{Seq: 3, Subject: "roots.610302.2027", Payload: sign(next, 2, 4, key)}, {Seq: 4, Subject: "roots.610302.2026", Payload: sign(year, 9, 5, key)},
		}
	}
	walk := func(report func(evidence.Finding)) walker {
		return evidence.NewRootsWalk("610302", key.Public(), report)
	}
	payload := func(b []byte) func(*evidence.Entry) { return func(e *evidence.Entry) { e.Payload = b } }
	holdTo(t, 4, sound, walk, []damage{
		{"a root is missing", evidence.Gap, []string{"ROOTS_610302:2 is missing"}, without(2, 2)},
		{"a root of another key", evidence.RootDiffer, []string{"root ROOTS_610302:2 can't be trusted"}, changed(2, payload(sign(year, 5, 4, other)))},
		{"a root whose text was altered", evidence.RootDiffer, []string{"root ROOTS_610302:2 can't be trusted"}, changed(2, func(e *evidence.Entry) { e.Payload[20] ^= 1 })},
		{"a root under another log's subject", evidence.RootDiffer, []string{"root ROOTS_610302:3 lies under roots.610302.2026, but was signed of 610302-2027"}, changed(3, func(e *evidence.Entry) { e.Subject = "roots.610302.2026" })},
		{"a root that covers less than the one before", evidence.RootDiffer, []string{"root ROOTS_610302:4 of 610302-2026 covers 4 events, the one before it 5"}, changed(4, payload(sign(year, 4, 5, key)))},
		{"a root signed before the one before", evidence.RootDiffer, []string{"root ROOTS_610302:4 of 610302-2026 was signed at 2026-05-03T00:00:00Z, the one before it at 2026-05-05T00:00:00Z"}, changed(4, payload(sign(year, 9, 2, key)))},
	})
	t.Run("a log whose root was signed is gone", func(t *testing.T) {
		found := walked(sound(), 4, func(report func(evidence.Finding)) walker {
			w := evidence.NewRootsWalk("610302", key.Public(), report)
			return losing{w, []evidence.Log{year}}
		})
		if len(found) != 1 || !names(found, evidence.RootDiffer, "610302-2027, whose root of 2 events was signed at 2026-05-05T00:00:00Z, is not there") {
			t.Errorf("found %v", found)
		}
	})
}

// losing is a walk that ends with the logs that are there.
type losing struct {
	*evidence.RootsWalk
	there []evidence.Log
}

func (l losing) End(last uint64) {
	l.RootsWalk.End(last)
	l.Lost(l.there)
}

func TestACounterThatHoldsNoNumberIsNamedAndOneThatWentOnIsNot(t *testing.T) {
	t.Parallel()
	sound := func() []evidence.Entry {
		return []evidence.Entry{{Seq: 4, Subject: "$KV.NUMBERS.610302.20260501", Payload: []byte("65")}, {Seq: 9, Subject: "$KV.NUMBERS.610302.20260502", Payload: []byte("1")}}
	}
	walk := func(report func(evidence.Finding)) walker { return evidence.NewNumbersWalk(report) }
	holdTo(t, 9, sound, walk, []damage{
		{"no number", evidence.Event, []string{"counter 610302.20260502 holds no number (KV_NUMBERS:9)"}, changed(2, func(e *evidence.Entry) { e.Payload = []byte("x") })},
	})
}
