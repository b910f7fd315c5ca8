package reference_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/natsd/natstest"
	"github.com/gridcase/gridcase/pkg/reference"
	"github.com/gridcase/gridcase/pkg/reference/referencetest"
)

func newLog(t *testing.T) *eventstore.Log {
	t.Helper()
	log, err := eventstore.New(eventstore.Options{Conn: natstest.Connect(t, natstest.Node(t)), Patience: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// running is an empty directory that follows a log of its own.
func running(t *testing.T) *reference.Directory {
	t.Helper()
	return referencetest.Run(t, newLog(t))
}

// await polls until done, as a process does that waits for another.
func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: not within 20 s", what)
		}
	}
}

func refused(t *testing.T, what string, err error, kind fault.Kind, code, field string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: taken", what)
		return
	}
	if f := fault.Of(err); f.Kind != kind || f.Code != code || f.Field != field {
		t.Errorf("%s: %s %s of %q (%s), want %s %s of %q", what, f.Kind, f.Code, f.Field, f.Text, kind, code, field)
	}
}

func TestADistrictIsCompleteWhenAllItsVersionsArePublished(t *testing.T) {
	t.Parallel()
	d := running(t)
	_, err := d.District(referencetest.District)
	refused(t, "before anything is published", err, fault.NotFound, "district.unknown", "")
	if codes := d.Districts(); len(codes) != 0 {
		t.Errorf("districts %v before anything is published", codes)
	}
	p, err := d.PublishGrids(t.Context(), referencetest.Grids())
	if err != nil || p.GetVersion() != 1 || p.GetUnchanged() || p.GetDistrict() != referencetest.District {
		t.Fatalf("grids: %v, %v", p, err)
	}
	_, err = d.District(referencetest.District)
	refused(t, "with grids alone", err, fault.Conflict, "district.incomplete", "")
	if f := fault.Of(err); !strings.Contains(f.Text, "[catalogue calendar]") {
		t.Errorf("it doesn't say what is missing: %s", f.Text)
	}
	referencetest.Publish(t, d)
	district, err := d.District(referencetest.District)
	if err != nil {
		t.Fatal(err)
	}
	if len(district.Grids.Cells()) != 4 || len(district.Catalogue.Types()) != 2 || district.Calendar.Zone().String() != "Asia/Shanghai" || !district.Department("water") || district.Department("harbour") {
		t.Errorf("the district: %+v", district)
	}
	if codes := d.Districts(); !slices.Equal(codes, []string{referencetest.District}) {
		t.Errorf("districts %v", codes)
	}
	h, ok := d.Holder(access.TokenHash(referencetest.Token("acceptor")))
	if !ok || h.District != referencetest.District || h.User.GetName() != "acceptor" {
		t.Errorf("the acceptor's token is held by %+v, %t", h, ok)
	}
}

func TestAPublicationThatChangesNothingAddsNoVersion(t *testing.T) {
	t.Parallel()
	d := running(t)
	for round, want := range []bool{false, true} {
		grids, err := d.PublishGrids(t.Context(), referencetest.Grids())
		check(t, "grids", round, grids, err, 1, want)
		catalogue, err := d.PublishCatalogue(t.Context(), referencetest.Catalogue())
		check(t, "catalogue", round, catalogue, err, 1, want)
		calendar, err := d.PublishCalendar(t.Context(), referencetest.Calendar())
		check(t, "calendar", round, calendar, err, 1, want)
		people, err := d.PublishAccess(t.Context(), referencetest.People())
		check(t, "access", round, people, err, 1, want)
	}
	named := referencetest.Grids()
	named.Areas[0].Name = "another name"
	grids, err := d.PublishGrids(t.Context(), named)
	check(t, "grids with another name", 2, grids, err, 2, false)
	longer := referencetest.Catalogue()
	longer.Types[1].Conditions[0].Limit.Value = 6
	catalogue, err := d.PublishCatalogue(t.Context(), longer)
	check(t, "a catalogue with another limit", 2, catalogue, err, 2, false)
	holiday := referencetest.Calendar()
	holiday.Calendar.Holidays, holiday.Calendar.Version = []string{"2026-10-01"}, 77
	calendar, err := d.PublishCalendar(t.Context(), holiday)
	check(t, "a calendar with a holiday, whatever version it says", 2, calendar, err, 2, false)
	fewer := referencetest.People()
	fewer.Users = fewer.Users[1:]
	people, err := d.PublishAccess(t.Context(), fewer)
	check(t, "access without the acceptor", 2, people, err, 2, false)
	if h, ok := d.Holder(access.TokenHash(referencetest.Token("acceptor"))); ok {
		t.Errorf("the token of who left is held by %+v", h)
	}
	back, err := d.PublishGrids(t.Context(), referencetest.Grids())
	check(t, "grids as they were at first", 3, back, err, 3, false)
}

func check(t *testing.T, what string, round int, p *gridcasev1.Published, err error, version uint32, unchanged bool) {
	t.Helper()
	if err != nil || p.GetVersion() != version || p.GetUnchanged() != unchanged {
		t.Errorf("%s, round %d: %v, %v; want version %d, unchanged %t", what, round, p, err, version, unchanged)
	}
}

func TestTwoProcessesFollowEachOther(t *testing.T) {
	t.Parallel()
	log := newLog(t)
	one, other := referencetest.Run(t, log), referencetest.Run(t, log)
	referencetest.Publish(t, one)
	token := access.TokenHash(referencetest.Token("citizen"))
	await(t, "the other process holds what the first published", func() bool {
		_, ok := other.Holder(token)
		return ok
	})
	if _, err := other.District(referencetest.District); err != nil {
		t.Fatal(err)
	}
	same, err := other.PublishCatalogue(t.Context(), referencetest.Catalogue())
	check(t, "the same catalogue by the other process", 1, same, err, 1, true)
	grown := referencetest.Catalogue()
	grown.Types = append(grown.Types, &gridcasev1.CaseType{Id: "road.damage", Conditions: []*gridcasev1.Condition{{Id: "R1"}}})
	next, err := other.PublishCatalogue(t.Context(), grown)
	check(t, "a larger catalogue by the other process", 1, next, err, 2, false)
	await(t, "the first process holds what the other published", func() bool {
		d, err := one.District(referencetest.District)
		return err == nil && d.Catalogue.Version() == 2
	})

	late := referencetest.Run(t, log)
	d, err := late.District(referencetest.District)
	if err != nil || d.Catalogue.Version() != 2 {
		t.Errorf("ready with catalogue of %+v, %v", d, err)
	}
}

func TestADirectoryIsNotReadyBeforeItHasRead(t *testing.T) {
	t.Parallel()
	log := newLog(t)
	unread := reference.New(log)
	_, err := unread.District(referencetest.District)
	refused(t, "before the log is read", err, fault.Unavailable, "reference.unavailable", "")
	refused(t, "before the log is read", unread.Ready(), fault.Unavailable, "reference.unavailable", "")
	referencetest.Run(t, log) // returns when it is ready
}

// gappy loses a version on the way, as a flipped bit on the broker's disk does.
type gappy struct{ reference.Log }

func (g gappy) FollowReference(ctx context.Context, handle func(eventstore.Reference) error, ready func()) error {
	return g.Log.FollowReference(ctx, func(r eventstore.Reference) error {
		if r.Seq == 2 {
			return fmt.Errorf("%w: sequence %d", eventstore.ErrGap, r.Seq)
		}
		return handle(r)
	}, ready)
}

// TestADirectoryThatMissesAVersionAnswersNothing: what it holds may have been replaced by what it can't read, and so may what it is asked to
// publish.
func TestADirectoryThatMissesAVersionAnswersNothing(t *testing.T) {
	t.Parallel()
	log := newLog(t)
	referencetest.Publish(t, referencetest.Run(t, log))
	d := reference.New(gappy{log})
	if err := d.Run(t.Context()); !errors.Is(err, eventstore.ErrGap) {
		t.Errorf("it ends with %v", err)
	}
	_, known := d.Known(referencetest.District)
	_, complete := d.District(referencetest.District)
	_, grids := d.PublishGrids(t.Context(), referencetest.Grids())
	_, catalogue := d.PublishCatalogue(t.Context(), referencetest.Catalogue())
	_, calendar := d.PublishCalendar(t.Context(), referencetest.Calendar())
	_, people := d.PublishAccess(t.Context(), referencetest.People())
	for what, err := range map[string]error{"ready": d.Ready(), "known": known, "complete": complete, "grids": grids, "catalogue": catalogue, "calendar": calendar, "people": people} {
		refused(t, what, err, fault.Unavailable, "reference.unavailable", "")
		if !errors.Is(err, eventstore.ErrGap) {
			t.Errorf("%s: %v doesn't say why", what, err)
		}
	}
}

func TestAVersionOfManyAreasIsStoredInPartsAndHeldAsOne(t *testing.T) {
	t.Parallel()
	log := newLog(t)
	d := referencetest.Run(t, log)
	cmd := manyGrids(900)
	p, err := d.PublishGrids(t.Context(), cmd)
	check(t, "900 unit grids", 0, p, err, 1, false)
	same, err := d.PublishGrids(t.Context(), manyGrids(900))
	check(t, "the same 900", 0, same, err, 1, true)
	grown, err := d.PublishGrids(t.Context(), manyGrids(901))
	check(t, "one more", 0, grown, err, 2, false)

	late := referencetest.Run(t, log)
	_, err = late.PublishGrids(t.Context(), manyGrids(900))
	refused(t, "one fewer", err, fault.Invalid, "grid.vanished", "")
	for _, topic := range []func() error{
		func() error { _, err := late.PublishCatalogue(t.Context(), referencetest.Catalogue()); return err },
		func() error { _, err := late.PublishCalendar(t.Context(), referencetest.Calendar()); return err },
	} {
		if err := topic(); err != nil {
			t.Fatal(err)
		}
	}
	district, err := late.District(referencetest.District)
	if err != nil || len(district.Grids.Cells()) != 901 || district.Grids.Version() != 2 {
		t.Fatalf("a later process holds %+v, %v", district, err)
	}
	place, ok := district.Grids.Locate(&gridcasev1.GeoPoint{Longitude: 107.9005, Latitude: 34.0005})
	if !ok || place.GetGrid() != fmt.Sprintf("%s001001%03d", referencetest.District, 900) {
		t.Errorf("a point in a grid of the last part: %v, %t", place, ok)
	}
}

// manyGrids is a district of n unit grids in a row, each a thousandth of a degree wide, numbered from 0.
func manyGrids(n int) *gridcasev1.PublishGrids {
	cmd := referencetest.Grids()
	cmd.Areas = cmd.Areas[:3]
	for i := range n {
		west := 107 + float64(i)/1000
		cmd.Areas = append(cmd.Areas, &gridcasev1.Area{Code: fmt.Sprintf("%s001001%03d", referencetest.District, i),
			Rings: []*gridcasev1.Ring{{Coordinates: []float64{west, 34, west + 0.001, 34, west + 0.001, 34.001, west, 34.001, west, 34}}}})
	}
	return cmd
}

func TestAVersionThatTakesAwayWhatCasesNameIsRefused(t *testing.T) {
	t.Parallel()
	d := running(t)
	referencetest.Publish(t, d)

	noType := referencetest.Catalogue()
	noType.Types = noType.Types[:1]
	_, err := d.PublishCatalogue(t.Context(), noType)
	refused(t, "a type vanished", err, fault.Invalid, "catalogue.type_vanished", "")
	noCondition := referencetest.Catalogue()
	noCondition.Types[0].Conditions = noCondition.Types[0].Conditions[:1]
	_, err = d.PublishCatalogue(t.Context(), noCondition)
	refused(t, "a condition vanished", err, fault.Invalid, "catalogue.condition_vanished", "")
	noCell := referencetest.Grids()
	noCell.Areas = noCell.Areas[:6]
	_, err = d.PublishGrids(t.Context(), noCell)
	refused(t, "a unit grid vanished", err, fault.Invalid, "grid.vanished", "")
	district, err := d.District(referencetest.District)
	if err != nil || district.Catalogue.Version() != 1 || district.Grids.Version() != 1 {
		t.Errorf("after refusals: %+v, %v", district, err)
	}

	retired := referencetest.Catalogue()
	retired.Types[1].Inactive = true
	p, err := d.PublishCatalogue(t.Context(), retired)
	check(t, "a type out of use", 0, p, err, 2, false)
}

func TestAVersionThatMakesNoSenseIsRefusedAndNotStored(t *testing.T) {
	t.Parallel()
	d := running(t)
	grids := referencetest.Grids()
	grids.Areas[4].Rings = nil
	_, err := d.PublishGrids(t.Context(), grids)
	refused(t, "a unit grid without an outline", err, fault.Invalid, "grid.outline", "")
	catalogue := referencetest.Catalogue()
	catalogue.Types[1].Id = catalogue.Types[0].GetId()
	_, err = d.PublishCatalogue(t.Context(), catalogue)
	refused(t, "two types of one id", err, fault.Invalid, "catalogue.type_id", "types[1].id")
	calendar := referencetest.Calendar()
	calendar.Calendar.Zone = "Moon/Base"
	_, err = d.PublishCalendar(t.Context(), calendar)
	refused(t, "a zone that isn't there", err, fault.Invalid, "calendar.zone", "zone")
	if codes := d.Districts(); len(codes) != 0 {
		t.Errorf("districts %v after refusals alone", codes)
	}
}
