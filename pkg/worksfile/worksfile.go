// Package worksfile reads a works programme from CSV: one row a project, with its permit; a further row of the same project that leaves the
// plan's columns empty adds a permit. It owns the file's form and tells every bad row by line and reason; the good ones are read all the
// same. It never judges what only the server knows, and it takes in no person: a column that it doesn't know is left out and named.
//
// # Decisions
//
// 2026-11: a day means the whole day in the zone that the reader is told, its first second to its last. Lengths are whole metres. Segments
// are a number of equal ones, or a list "S1:120;S2:80". An area is a polygon, GeoJSON or well-known text, or a POINT with a radius.
package worksfile

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// Columns are those of the file, in any order. The first seven must be there.
var Columns = []string{"project_code", "road", "kind", "length_m", "segments", "planned_start", "planned_end", "contractor",
	"permit_no", "permit_from", "permit_to", "area", "radius_m"}

const (
	needed        = 7 // how many of Columns a file must have
	firstOfPermit = 8 // where the permit's columns begin
)

// Row is one row of the file as commands, without command ids.
type Row struct {
	Line   int
	Code   string
	Plan   *gridcasev1.PlanProject // nil: a row that adds a permit to a project above
	Permit *gridcasev1.GrantPermit // nil: no permit yet
}

// Fault is a row that can't be taken in.
type Fault struct {
	Line   int
	Reason string
}

// Programme is what a file holds.
type Programme struct {
	Rows    []Row
	Faults  []Fault  // by line
	LeftOut []string // columns that are not taken in
}

// Read reads a file. A file that is no table with the needed columns is an Invalid fault.
func Read(data []byte, zone *time.Location) (*Programme, error) {
	data = []byte(strings.TrimPrefix(string(data), "\ufeff")) // what a spreadsheet writes first
	if !utf8.Valid(data) {
		return nil, fault.New(fault.Invalid, "worksfile.encoding", "the file is not UTF-8; save it as CSV UTF-8")
	}
	r := csv.NewReader(strings.NewReader(string(data)))
	r.FieldsPerRecord, r.Comment, r.TrimLeadingSpace = -1, '#', true
	header, err := r.Read()
	if err != nil {
		return nil, fault.New(fault.Invalid, "worksfile.malformed", "the file has no first line of columns: %v", err)
	}
	f := &file{zone: zone, at: map[string]int{}, planned: map[string]bool{}, programme: &Programme{}}
	if err := f.columns(header); err != nil {
		return nil, err
	}
	return f.programme, f.rows(r)
}

// file is a file on its way.
type file struct {
	zone      *time.Location
	at        map[string]int // a column's place
	planned   map[string]bool
	programme *Programme
}

func (f *file) columns(header []string) error {
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(name))
		if !slices.Contains(Columns, name) {
			f.programme.LeftOut = append(f.programme.LeftOut, name)
			continue
		}
		if _, twice := f.at[name]; twice {
			return fault.New(fault.Invalid, "worksfile.columns", "the file has the column %s twice", name)
		}
		f.at[name] = i
	}
	for _, name := range Columns[:needed] {
		if _, ok := f.at[name]; !ok {
			return fault.New(fault.Invalid, "worksfile.columns", "the file lacks the column %s", name)
		}
	}
	return nil
}

func (f *file) rows(r *csv.Reader) error {
	for {
		values, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		var malformed *csv.ParseError
		if errors.As(err, &malformed) {
			f.refuse(malformed.StartLine, malformed.Err)
			continue
		}
		if err != nil {
			return fmt.Errorf("read the works programme: %w", err)
		}
		line, _ := r.FieldPos(0)
		row, err := f.row(values)
		if err != nil {
			f.refuse(line, err)
			continue
		}
		row.Line = line
		f.programme.Rows = append(f.programme.Rows, row)
	}
}

func (f *file) refuse(line int, err error) {
	reason := err.Error()
	var known *fault.Error
	if errors.As(err, &known) {
		reason = known.Text
	}
	f.programme.Faults = append(f.programme.Faults, Fault{Line: line, Reason: reason})
}
