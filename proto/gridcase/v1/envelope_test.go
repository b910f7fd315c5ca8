package gridcasev1_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// envelope is that of an event in the middle of a case's life.
func envelope() gridcasev1.Envelope {
	return gridcasev1.Envelope{
		ID: "5f6e2a00-0000-5000-8000-000000000001", Type: "gridcase.v1.CaseFiled", Source: "/gridcase/districts/610399",
		Time: time.Date(2026, 11, 2, 1, 5, 0, 123456000, time.UTC), Subject: "case.610399.2026.0192", Version: 2, CommandID: "5f6e2a00-0000-4000-8000-000000000002",
		CommandHash: "c0ffee", Actor: "10000000-0000-4000-8000-000000000001", Role: gridcasev1.Role_ROLE_ACCEPTOR,
		DeviceTime: time.Date(2026, 11, 2, 1, 4, 59, 0, time.UTC), Catalogue: 3, Calendar: 2, Grid: "610399001001001", State: gridcasev1.State_STATE_FILED, Prev: "abcdef",
	}
}

func TestAnEnvelopeReadsBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	first := envelope()
	first.Version, first.Prev, first.DeviceTime = 1, "", time.Time{}
	elsewhere := envelope()
	elsewhere.Time = elsewhere.Time.In(time.FixedZone("elsewhere", 8*3600))
	for name, e := range map[string]gridcasev1.Envelope{"of an event in the middle": envelope(), "of a case's first event": first, "of a time told in another zone": elsewhere} {
		got, err := gridcasev1.ParseEnvelope(e.Headers())
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(e, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// headerList is the closed list. Adding to it changes every later event's place in its chain: it is a change of the contract.
var headerList = []string{"Content-Type", "ce-id", "ce-source", "ce-specversion", "ce-subject", "ce-time", "ce-type", "gridcase-actor", "gridcase-calendar", "gridcase-case-version",
	"gridcase-catalogue", "gridcase-command-hash", "gridcase-command-id", "gridcase-device-time", "gridcase-grid", "gridcase-prev", "gridcase-role", "gridcase-state"}

func TestTheListOfHeadersIsClosed(t *testing.T) {
	t.Parallel()
	e := envelope()
	if diff := cmp.Diff(headerList, slices.Sorted(maps.Keys(e.Headers()))); diff != "" {
		t.Errorf("the headers of a full envelope (-want +got):\n%s", diff)
	}
	for name, values := range e.Headers() {
		if len(values) != 1 || values[0] == "" {
			t.Errorf("header %s has values %q", name, values)
		}
	}
}

func TestTheHashOfAnEnvelopeIsThatOfItsHeaders(t *testing.T) {
	t.Parallel()
	full, first := envelope(), envelope()
	first.Prev, first.DeviceTime = "", time.Time{}
	for _, e := range []gridcasev1.Envelope{full, first} {
		payload := []byte("payload of " + e.Prev)
		if got, want := e.Hash(e.Subject, payload), gridcasev1.Hash(e.Subject, e.Headers(), payload); got != want {
			t.Errorf("the hash is %s, that of its headers %s", got, want)
		}
	}
}

func TestWhatAnEventMayLackHasNoHeader(t *testing.T) {
	t.Parallel()
	e := envelope()
	e.Prev, e.DeviceTime = "", time.Time{}
	want := slices.DeleteFunc(slices.Clone(headerList), func(name string) bool { return name == "gridcase-prev" || name == "gridcase-device-time" })
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(e.Headers()))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAnEnvelopeWithoutOneOfItsHeadersIsRefusedByItsName(t *testing.T) {
	t.Parallel()
	optional := []string{gridcasev1.HeaderPrev, gridcasev1.HeaderDeviceTime, gridcasev1.HeaderSpecVersion, gridcasev1.HeaderContentType}
	for _, name := range headerList {
		e := envelope()
		h := e.Headers()
		delete(h, name)
		_, err := gridcasev1.ParseEnvelope(h)
		if slices.Contains(optional, name) {
			if err != nil {
				t.Errorf("without %s: %v", name, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v; want an error that names it", name, err)
		}
	}
}

func TestAnEnvelopeThatCannotBeReadIsRefusedByTheHeader(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ header, value string }{
		{gridcasev1.HeaderTime, "yesterday"}, {gridcasev1.HeaderTime, "2026-11-02 01:05:00"}, {gridcasev1.HeaderDeviceTime, "soon"},
		{gridcasev1.HeaderVersion, "two"}, {gridcasev1.HeaderVersion, "-1"}, {gridcasev1.HeaderCatalogue, "v3"}, {gridcasev1.HeaderCalendar, "1.5"},
		{gridcasev1.HeaderState, "STATE_LOST"}, {gridcasev1.HeaderState, "4"}, {gridcasev1.HeaderRole, "ROLE_KING"},
	} {
		e := envelope()
		h := e.Headers()
		h[tt.header] = []string{tt.value}
		if _, err := gridcasev1.ParseEnvelope(h); err == nil || !strings.Contains(err.Error(), tt.header) {
			t.Errorf("%s: %s: %v; want an error that names the header", tt.header, tt.value, err)
		}
	}
}

func TestTheFirstFailureOfAnEnvelopeIsTheOneThatIsTold(t *testing.T) {
	t.Parallel()
	_, err := gridcasev1.ParseEnvelope(nil)
	if err == nil || err.Error() != "header ce-id is missing" {
		t.Errorf("no headers at all: %v", err)
	}
}

func TestTheHashOfAnEventIsKnownForEver(t *testing.T) {
	t.Parallel()
	h := map[string][]string{"b": {"2"}, "a": {"1"}}
	// SHA-256 of the length-prefixed "s", "a", "1", "b", "2", "payload", reckoned by another program.
	const want = "1f21b341bc25453a34edce968837b4d8b113bac793817d91a6d931b0099d1b78"
	if got := gridcasev1.Hash("s", h, []byte("payload")); got != want {
		t.Errorf("hash %s, want %s", got, want)
	}
	h["traceparent"], h["Nats-Msg-Id"], h["Nats-Expected-Last-Subject-Sequence"] = []string{"00-1-2-01"}, []string{"x"}, []string{"9"}
	if got := gridcasev1.Hash("s", h, []byte("payload")); got != want {
		t.Errorf("with the trace and the server's own headers: hash %s, want %s", got, want)
	}
}

func TestWhateverChangesInAnEventChangesItsHash(t *testing.T) {
	t.Parallel()
	e := envelope()
	base := gridcasev1.Hash(e.Subject, e.Headers(), []byte("payload"))
	seen := map[string]string{base: "the event itself"}
	tell := func(what, hash string) {
		if other, ok := seen[hash]; ok {
			t.Errorf("%s has the hash of %s", what, other)
		}
		seen[hash] = what
	}
	tell("another subject", gridcasev1.Hash(e.Subject+"x", e.Headers(), []byte("payload")))
	tell("another payload", gridcasev1.Hash(e.Subject, e.Headers(), []byte("payloae")))
	tell("no payload", gridcasev1.Hash(e.Subject, e.Headers(), nil))
	tell("a byte moved from the subject", gridcasev1.Hash(e.Subject[:3], e.Headers(), []byte(e.Subject[3:]+"payload")))
	for _, name := range headerList {
		h := e.Headers()
		h[name] = []string{h[name][0] + "x"}
		tell("another "+name, gridcasev1.Hash(e.Subject, h, []byte("payload")))
		delete(h, name)
		tell("no "+name, gridcasev1.Hash(e.Subject, h, []byte("payload")))
	}
}
