package catalogfile

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/reflect/protoreflect"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/calendar"
	"github.com/gridcase/gridcase/pkg/fault"
)

// calendarKeys are what a calendar's file holds.
var calendarKeys = []string{"zone", "periods", "holidays", "workdays", "dueAtOpening", "dayMinutes"}

// ReadCalendar reads a file of working time. The first fault is Invalid and names the line, and the field by its path in the file.
func ReadCalendar(data []byte) (*gridcasev1.CalendarVersion, error) {
	v, found := CheckCalendar(data)
	if len(found) > 0 {
		return nil, found[0].Fault()
	}
	return v, nil
}

// CheckCalendar returns every fault of the form of a file of working time, by line; where there is none, the first of what it says. A period is
// written "mon-fri 08:00-12:00", days in a row "2026-10-01..2026-10-07"; both may be written as the contract's JSON has them, too.
func CheckCalendar(data []byte) (*gridcasev1.CalendarVersion, []Finding) {
	v, d := new(gridcasev1.CalendarVersion), &decoder{lines: map[string]int{}}
	if root := d.parse(data); root != nil {
		d.calendar(root, v)
	}
	if len(d.findings) == 0 {
		if _, err := calendar.New(v); err != nil {
			f := fault.Of(err)
			d.findings = append(d.findings, Finding{Line: d.line(f.Field), Field: f.Field, Code: f.Code, Text: f.Text})
		}
	}
	slices.SortFunc(v.Periods, byWeekday)
	slices.SortStableFunc(d.findings, func(a, b Finding) int { return a.Line - b.Line })
	return v, d.findings
}

func byWeekday(a, b *gridcasev1.WorkPeriod) int {
	return cmp.Or(cmp.Compare(a.GetWeekday(), b.GetWeekday()), cmp.Compare(a.GetFrom(), b.GetFrom()))
}

// calendar fills v from the file's mapping.
func (d *decoder) calendar(root *yaml.Node, v *gridcasev1.CalendarVersion) {
	if root.Kind != yaml.MappingNode {
		d.bad(root, "", "catalogfile.malformed", "the file holds the keys %s", strings.Join(calendarKeys, ", "))
		return
	}
	m := v.ProtoReflect()
	seen := names{}
	for pair := range slices.Chunk(root.Content, 2) {
		key, value := pair[0], pair[1]
		fd := fieldOf(m.Descriptor(), key.Value)
		switch {
		case fd == nil || !slices.Contains(calendarKeys, fd.JSONName()):
			d.bad(key, "", "catalogfile.key", "%q is none of the keys %s", key.Value, strings.Join(calendarKeys, ", "))
		case !seen.add(fd.JSONName()):
			d.bad(key, "", "catalogfile.key", "the key %q stands here twice", key.Value)
		default:
			d.lines[plain(fd.JSONName())] = key.Line
			d.calendarField(value, m, fd)
		}
	}
}

func (d *decoder) calendarField(node *yaml.Node, m protoreflect.Message, fd protoreflect.FieldDescriptor) {
	path := fd.JSONName()
	if !fd.IsList() {
		d.field(node, m, fd, path)
		return
	}
	if node.Kind != yaml.SequenceNode {
		d.bad(node, path, "catalogfile.value", "here stands a list")
		return
	}
	list := m.Mutable(fd).List()
	for _, item := range node.Content {
		first := list.Len()
		switch {
		case fd.Message() == nil:
			d.days(item, list, fmt.Sprintf("%s[%d]", path, first))
		case item.Kind == yaml.ScalarNode:
			d.period(item, list, fmt.Sprintf("%s[%d]", path, first))
		default:
			d.message(item, list.AppendMutable().Message(), fmt.Sprintf("%s[%d]", path, first))
		}
		for i := first; i < list.Len(); i++ {
			d.lines[plain(fmt.Sprintf("%s[%d]", path, i))] = item.Line
		}
	}
}

// WriteCalendar returns working time as YAML that ReadCalendar reads, not its district and version.
func WriteCalendar(v *gridcasev1.CalendarVersion) ([]byte, error) {
	file := struct {
		Zone         string   `yaml:"zone"`
		Periods      []string `yaml:"periods"`
		DayMinutes   uint32   `yaml:"dayMinutes,omitempty"`
		DueAtOpening bool     `yaml:"dueAtOpening,omitempty"`
		Holidays     []string `yaml:"holidays,omitempty"`
		Workdays     []string `yaml:"workdays,omitempty"`
	}{v.GetZone(), periodLines(v.GetPeriods()), v.GetDayMinutes(), v.GetDueAtOpening(), dayLines(v.GetHolidays()), dayLines(v.GetWorkdays())}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(file); err != nil {
		return nil, fmt.Errorf("write calendar: %w", err)
	}
	return out.Bytes(), nil
}
