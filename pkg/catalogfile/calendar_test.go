package catalogfile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/calendar"
	"github.com/gridcase/gridcase/pkg/catalogfile"
	"github.com/gridcase/gridcase/pkg/fault"
)

const hoursYAML = `zone: Asia/Shanghai
periods:
  - mon-tue 08:00-12:00
  - sat 22:30-24:00
  - {weekday: 1, from: 840, to: 1080}
holidays: [2026-10-01..2026-10-03, 2026-12-31]
workdays:
  - 2026-10-10
dayMinutes: 480
due_at_opening: true # names as in the contract are taken too
`

func TestWorkingTimeIsReadFromYAML(t *testing.T) {
	t.Parallel()
	got, err := catalogfile.ReadCalendar([]byte(hoursYAML))
	if err != nil {
		t.Fatal(err)
	}
	want := &gridcasev1.CalendarVersion{Zone: "Asia/Shanghai", DayMinutes: 480, DueAtOpening: true, Holidays: []string{"2026-10-01", "2026-10-02", "2026-10-03", "2026-12-31"}, Workdays: []string{"2026-10-10"},
		Periods: []*gridcasev1.WorkPeriod{{Weekday: 1, From: 480, To: 720}, {Weekday: 1, From: 840, To: 1080}, {Weekday: 2, From: 480, To: 720}, {Weekday: 6, From: 1350, To: 1440}}}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAFaultOfWorkingTimeNamesTheLineAndTheField(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ old, new, line, field, code string }{
		{"mon-tue 08:00-12:00", "mo-tu 08:00-12:00", "line 3", "periods[0]", "calendarfile.period"},
		{"mon-tue 08:00-12:00", "tue-mon 08:00-12:00", "line 3", "periods[0]", "calendarfile.period"},
		{"22:30-24:00", "22:30-22:30", "line 4", "periods[2]", "calendarfile.period"},
		{"22:30-24:00", "22:70-24:00", "line 4", "periods[2]", "calendarfile.period"},
		{"22:30-24:00", "22:30-24:01", "line 4", "periods[2]", "calendarfile.period"},
		{"weekday: 1", "weekday: 8", "line 5", "periods[3]", "calendar.period"},
		{"weekday: 1", "weekday: one", "line 5", "periods[3].weekday", "catalogfile.value"},
		{"from: 840", "from: 700", "line 2", "periods", "calendar.overlap"},
		{"2026-12-31", "2026-10-02", "line 6", "holidays[3]", "calendar.day_twice"},
		{"2026-10-03,", "2026-09-30,", "line 6", "holidays[0]", "calendar.day"},
		{"2026-10-10", "10 October", "line 8", "workdays[0]", "calendar.day"},
		{"Asia/Shanghai", "Shanghai", "line 1", "zone", "calendar.zone"},
		{"dayMinutes: 480", "dayMinutes: 1500", "line 9", "day_minutes", "calendar.day_minutes"},
		{"dayMinutes: 480", "version: 7", "line 9", "", "catalogfile.key"},
		{"dayMinutes: 480", "zone: UTC", "line 9", "", "catalogfile.key"},
		{"[2026-10-01..2026-10-03, 2026-12-31]", "2026-10-01", "line 6", "holidays", "catalogfile.value"},
	} {
		_, err := catalogfile.ReadCalendar([]byte(strings.Replace(hoursYAML, tt.old, tt.new, 1)))
		f := fault.Of(err)
		if f.Kind != fault.Invalid || f.Code != tt.code || f.Field != tt.field || !strings.HasPrefix(f.Text, tt.line+": ") {
			t.Errorf("%s instead of %s: %s of field %q: %s; want %s of %q in %s", tt.new, tt.old, f.Code, f.Field, f.Text, tt.code, tt.field, tt.line)
		}
	}
	for _, file := range []string{"", "- zone", "zone: [", "zone: UTC\n---\nzone: UTC"} {
		if _, err := catalogfile.ReadCalendar([]byte(file)); fault.Of(err).Code != "catalogfile.malformed" {
			t.Errorf("%q: %v", file, err)
		}
	}
}

func TestEveryFaultOfTheFormOfAFileIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	_, found := catalogfile.CheckCalendar([]byte("zone: UTC\nperiods: [always]\nholidays: [never]\nhours: 8\n"))
	var lines []int
	for _, f := range found {
		lines = append(lines, f.Line)
	}
	if diff := cmp.Diff([]int{2, 3, 4}, lines); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

func TestAlwaysWorkingTimeThatIsWrittenIsReadAsItWas(t *testing.T) {
	t.Parallel()
	same := func(t rapid.TB, v *gridcasev1.CalendarVersion) {
		t.Helper()
		file, err := catalogfile.WriteCalendar(v)
		if err != nil {
			t.Fatal(err)
		}
		got, err := catalogfile.ReadCalendar(file)
		if err != nil {
			t.Fatalf("%v of\n%s", err, file)
		}
		if diff := cmp.Diff(v, got, protocmp.Transform()); diff != "" {
			t.Fatalf("%s(-written +read):\n%s", file, diff)
		}
	}
	for _, name := range calendar.BuiltIns() {
		v, _ := calendar.BuiltIn(name)
		same(t, v)
	}
	rapid.Check(t, func(t *rapid.T) {
		v := &gridcasev1.CalendarVersion{Zone: "UTC", DayMinutes: rapid.Uint32Range(0, 1440).Draw(t, "minutes"), DueAtOpening: rapid.Bool().Draw(t, "opening")}
		for day := uint32(1); day <= 7; day++ {
			for _, hour := range []uint32{0, 6, 6, 12} {
				if day == 1 && hour == 0 || rapid.IntRange(0, 2).Draw(t, "open") == 0 && (len(v.Periods) == 0 || v.Periods[len(v.Periods)-1].GetWeekday() < day || v.Periods[len(v.Periods)-1].GetTo() <= 60*hour) {
					v.Periods = append(v.Periods, &gridcasev1.WorkPeriod{Weekday: day, From: 60 * hour, To: 60*hour + rapid.Uint32Range(1, 360).Draw(t, "long")})
				}
			}
		}
		for day := range 30 {
			if name := fmt.Sprintf("2026-11-%02d", day+1); rapid.Bool().Draw(t, "holiday") {
				v.Holidays = append(v.Holidays, name)
			} else if rapid.Bool().Draw(t, "workday") {
				v.Workdays = append(v.Workdays, name)
			}
		}
		same(t, v)
	})
}
