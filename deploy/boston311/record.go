package boston311

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// Record is one row of the city's file.
type Record struct {
	Line   int // in the file; the header is 1
	ID     string
	Type   string
	Grid   string
	Point  *gridcasev1.GeoPoint
	Opened time.Time
	Closed time.Time // zero: still open
}

// Fault is a row that could not be read.
type Fault struct {
	Line   int
	Reason string
}

// columns are those that a record needs, by their names in the header.
var columns = []string{"case_enquiry_id", "open_dt", "closed_dt", "case_status", "type", "police_district", "latitude", "longitude"}

// Read reads the city's CSV. Rows that can't be read come back as faults by line; a file that has not the columns is an error.
func Read(r io.Reader) ([]Record, []Fault, error) {
	location, err := time.LoadLocation(zone)
	if err != nil {
		return nil, nil, fmt.Errorf("time zone: %w", err)
	}
	file := csv.NewReader(r)
	file.FieldsPerRecord = -1
	header, err := file.Read()
	if err != nil {
		return nil, nil, fmt.Errorf("read the header: %w", err)
	}
	index, err := locate(header)
	if err != nil {
		return nil, nil, err
	}
	var records []Record
	var faults []Fault
	for {
		row, err := file.Read()
		if errors.Is(err, io.EOF) {
			return records, faults, nil
		}
		var syntax *csv.ParseError
		if errors.As(err, &syntax) {
			faults = append(faults, Fault{Line: syntax.StartLine, Reason: syntax.Err.Error()})
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("read the file: %w", err)
		}
		line, _ := file.FieldPos(0)
		record, err := parse(row, len(header), index, location)
		if err != nil {
			faults = append(faults, Fault{Line: line, Reason: err.Error()})
			continue
		}
		record.Line = line
		records = append(records, record)
	}
}

func locate(header []string) (map[string]int, error) {
	index := map[string]int{}
	for i, name := range header {
		index[strings.TrimPrefix(strings.TrimSpace(name), "\ufeff")] = i
	}
	for _, name := range columns {
		if _, ok := index[name]; !ok {
			return nil, fmt.Errorf("the file has no column %q", name)
		}
	}
	return index, nil
}

func parse(row []string, width int, index map[string]int, location *time.Location) (Record, error) {
	if len(row) != width {
		return Record{}, fmt.Errorf("the row has %d fields, the header %d", len(row), width)
	}
	field := func(name string) string { return strings.TrimSpace(row[index[name]]) }
	r := Record{ID: field("case_enquiry_id"), Type: field("type")}
	if !isID(r.ID) {
		return r, errors.New("case_enquiry_id is no number")
	}
	if TypeID(r.Type) == "boston." {
		return r, errors.New("type is empty")
	}
	if r.Grid = GridOf(field("police_district")); r.Grid == "" {
		return r, errors.New("police_district is none of the city's")
	}
	var err error
	if r.Opened, err = stamp(field("open_dt"), location); err != nil {
		return r, errors.New("open_dt is no time like 2022-01-31 11:46:00")
	}
	if r.Closed, err = closing(field("case_status"), field("closed_dt"), r.Opened, location); err != nil {
		return r, err
	}
	r.Point, err = point(field("longitude"), field("latitude"))
	return r, err
}

func isID(s string) bool {
	return len(s) > 0 && len(s) <= 20 && strings.Trim(s, "0123456789") == ""
}

func stamp(s string, location *time.Location) (time.Time, error) {
	return time.ParseInLocation(time.DateTime, s, location)
}

// closing returns when the record was closed; zero where its status says that it is open.
func closing(status, closed string, opened time.Time, location *time.Location) (time.Time, error) {
	switch {
	case status == "Open" && closed == "":
		return time.Time{}, nil
	case status == "Open":
		return time.Time{}, errors.New("case_status is Open, yet there is a closed_dt")
	case status != "Closed":
		return time.Time{}, errors.New("case_status is neither Open nor Closed")
	}
	at, err := stamp(closed, location)
	if err != nil {
		return at, errors.New("closed_dt is no time like 2022-01-31 11:46:00")
	}
	if at.Before(opened) {
		return at, errors.New("closed_dt lies before open_dt")
	}
	return at, nil
}

func point(longitude, latitude string) (*gridcasev1.GeoPoint, error) {
	lon, err1 := strconv.ParseFloat(longitude, 64)
	lat, err2 := strconv.ParseFloat(latitude, 64)
	if err := errors.Join(err1, err2); err != nil {
		return nil, errors.New("latitude or longitude is no number")
	}
	if lon < west || lon > east || lat < south || lat > north {
		return nil, errors.New("latitude and longitude lie outside the city")
	}
	return &gridcasev1.GeoPoint{Longitude: lon, Latitude: lat, Crs: gridcasev1.Crs_CRS_WGS84}, nil
}

// CaseID returns the record's case id: a UUID of version 7 of its time and of SHA-256 over source and id, the same at every import.
func (r Record) CaseID() string {
	sum := sha256.Sum256([]byte("boston311/" + r.ID))
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(r.Opened.UnixMilli())<<16)
	copy(b[6:], sum[:10])
	b[6], b[8] = b[6]&0x0f|0x70, b[8]&0x3f|0x80
	return format(b)
}

// commandID returns the id of the record's command of a kind: the same at every import.
func (r Record) commandID(kind string) string {
	sum := sha256.Sum256([]byte("boston311/" + r.ID + "/" + kind))
	var b [16]byte
	copy(b[:], sum[:])
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	return format(b)
}

func format(b [16]byte) string {
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
