package parquetfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// Event is one event of a district's log.
type Event struct {
	District   string     `parquet:"district,dict"`
	Year       int32      `parquet:"year"`     // of the log
	Sequence   int64      `parquet:"sequence"` // place in that log
	CaseID     string     `parquet:"case_id"`
	Version    int64      `parquet:"version"`                                     // number in its case
	Type       string     `parquet:"type,dict"`                                   // CaseReported
	At         time.Time  `parquet:"happened_at,timestamp(microsecond)"`          // effective time
	DeviceTime *time.Time `parquet:"device_time,timestamp(microsecond),optional"` // the device's clock, where it told one
	Actor      string     `parquet:"actor,dict"`                                  // a random user id
	Role       string     `parquet:"role,dict"`                                   // grid_worker
	State      string     `parquet:"state,dict"`                                  // of the case after the event: reported
	Grid       string     `parquet:"grid,dict"`                                   // the case's unit grid after the event
	Catalogue  int32      `parquet:"catalogue"`                                   // the version that applied
	Calendar   int32      `parquet:"calendar"`                                    // the version that applied
	CommandID  string     `parquet:"command_id"`
	Hash       string     `parquet:"hash"`         // SHA-256 in hex, as the case's next event names it
	Payload    string     `parquet:"payload,json"` // the event's own fields, by the contract's JSON, without what is sealed
}

// NewEvent is the row of an event of a log.
func NewEvent(district string, year uint32, e *gridcasev1.LogEntry) (Event, error) {
	k := e.GetEntry()
	kind, payload, err := open(k.GetEvent())
	if err != nil {
		return Event{}, fmt.Errorf("write event %s: %w", k.GetPosition(), err)
	}
	return Event{District: district, Year: int32(year), Sequence: int64(e.GetSequence()), CaseID: e.GetCaseId(), Version: int64(k.GetVersion()), Type: kind, At: k.GetAt().AsTime(),
		DeviceTime: moment(k.GetDeviceTime()), Actor: k.GetActor(), Role: plain(k.GetRole()), State: plain(k.GetState()), Grid: k.GetGrid(), Catalogue: int32(e.GetCatalogue()),
		Calendar: int32(e.GetCalendar()), CommandID: k.GetCommandId(), Hash: e.GetHash(), Payload: payload}, nil
}

// open returns the name of the member of Event that is set, and its JSON without what is sealed.
func open(e *gridcasev1.Event) (kind, payload string, err error) {
	member := gridcasev1.UnwrapEvent(e)
	if member == nil {
		return "", "", errors.New("it is of a later contract")
	}
	own := proto.Clone(member)
	unseal(own.ProtoReflect())
	text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(own)
	if err != nil {
		return "", "", err
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil { // protojson varies its spaces
		return "", "", err
	}
	return string(own.ProtoReflect().Descriptor().Name()), compact.String(), nil
}

// unseal takes every sealed value out of a message, at any depth.
func unseal(m protoreflect.Message) {
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case fd.Message() == nil:
		case fd.Message().FullName() == sealed:
			m.Clear(fd)
		case fd.IsList():
			for i := range v.List().Len() {
				unseal(v.List().Get(i).Message())
			}
		default:
			unseal(v.Message())
		}
		return true
	})
}

var sealed = (*gridcasev1.Sealed)(nil).ProtoReflect().Descriptor().FullName()

// plain is the name of an enum's value without the enum's prefix, in small letters; empty where it is not set. The prefix is the enum's own
// name, which may be of several words.
func plain(e protoreflect.Enum) string {
	d := e.Descriptor()
	value := d.Values().ByNumber(e.Number())
	if value == nil {
		return fmt.Sprint(e.Number())
	}
	if e.Number() == 0 {
		return ""
	}
	prefix := strings.TrimSuffix(string(d.Values().ByNumber(0).Name()), "UNSPECIFIED")
	return strings.ToLower(strings.TrimPrefix(string(value.Name()), prefix))
}

// moment is a time that may be absent.
func moment(t *timestamppb.Timestamp) *time.Time {
	if t == nil {
		return nil
	}
	at := t.AsTime()
	return &at
}
