package readmodel

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/projection"
)

// Clock is the reading of one stage's clock.
type Clock struct {
	Due    time.Time `json:"due"`
	WarnAt time.Time `json:"warn_at"`
	Paused bool      `json:"paused,omitempty"`
	Limit  Limit     `json:"limit,omitzero"`
}

// Limit is what a clock was started with, in the numbers of gridcase.v1.Limit.
type Limit struct {
	Value uint32                `json:"value"`
	Unit  gridcasev1.LimitUnit  `json:"unit"`
	Basis gridcasev1.LimitBasis `json:"basis"`
}

// Clocks are the clocks of a case that run or are paused. In a column of type jsonb they are an object by stage: {"HANDLE": {"due": …}}. The
// zero value has none.
type Clocks struct{ byStage [stages]Clock }

// stages is how many stages the contract has, the unspecified one included. A stage that this build does not know has no clock.
const stages = 10

// Apply takes over the readings of an event: one without a due time ends, a reopened or unmerged case starts anew, an ended case has none.
func (c *Clocks) Apply(e *projection.Event) {
	if Ended(e.State) {
		*c = Clocks{}
		return
	}
	m, ok := e.Message.(interface{ GetClocks() []*gridcasev1.Clocks })
	if !ok {
		return
	}
	switch e.Message.(type) {
	case *gridcasev1.CaseReopened, *gridcasev1.CaseUnmerged:
		*c = Clocks{}
	}
	for _, reading := range m.GetClocks() {
		if int(reading.GetStage()) < len(c.byStage) {
			c.byStage[reading.GetStage()] = clockOf(reading)
		}
	}
}

// clockOf is the clock after a reading; the zero value where it stops.
func clockOf(reading *gridcasev1.Clocks) Clock {
	if reading.GetDue() == nil {
		return Clock{}
	}
	return Clock{Due: reading.GetDue().AsTime(), WarnAt: reading.GetWarnAt().AsTime(), Paused: reading.GetPaused(),
		Limit: Limit{Value: reading.GetLimit().GetValue(), Unit: reading.GetLimit().GetUnit(), Basis: reading.GetLimit().GetBasis()}}
}

// Due returns when a stage is due, nil where its clock doesn't run.
func (c *Clocks) Due(stage gridcasev1.Stage) *time.Time {
	if int(stage) >= len(c.byStage) || c.byStage[stage].Due.IsZero() {
		return nil
	}
	due := c.byStage[stage].Due
	return &due
}

// Proto returns the readings in the order of the stages.
func (c *Clocks) Proto() []*gridcasev1.Clocks {
	var out []*gridcasev1.Clocks
	for stage, clock := range c.byStage {
		if clock.Due.IsZero() {
			continue
		}
		reading := &gridcasev1.Clocks{Stage: gridcasev1.Stage(stage), Due: timestamppb.New(clock.Due), WarnAt: timestamppb.New(clock.WarnAt), Paused: clock.Paused}
		if l := clock.Limit; l.Value > 0 {
			reading.Limit = &gridcasev1.Limit{Value: l.Value, Unit: l.Unit, Basis: l.Basis}
		}
		out = append(out, reading)
	}
	return out
}

// Scan reads the column.
func (c *Clocks) Scan(src any) error {
	text, ok := src.(string)
	if !ok {
		return fmt.Errorf("read clocks: the column holds a %T", src)
	}
	*c = Clocks{}
	if text == "{}" {
		return nil
	}
	var byName map[string]Clock
	if err := json.Unmarshal([]byte(text), &byName); err != nil {
		return fmt.Errorf("read clocks: %w", err)
	}
	for name, clock := range byName {
		if stage := gridcasev1.Stage_value["STAGE_"+name]; int(stage) < len(c.byStage) {
			c.byStage[stage] = clock
		}
	}
	return nil
}

// Value is what the column holds.
func (c Clocks) Value() (driver.Value, error) {
	b := []byte{'{'}
	for stage, clock := range c.byStage {
		if clock.Due.IsZero() {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = strconv.AppendQuote(b, stageName(gridcasev1.Stage(stage)))
		b = clock.append(append(b, ':'))
	}
	return string(append(b, '}')), nil
}

// append writes a clock as encoding/json would: each event writes some, and reflection costs five times that.
func (c *Clock) append(b []byte) []byte {
	b = c.Due.AppendFormat(append(b, `{"due":"`...), time.RFC3339Nano)
	b = c.WarnAt.AppendFormat(append(b, `","warn_at":"`...), time.RFC3339Nano)
	b = append(b, '"')
	if c.Paused {
		b = append(b, `,"paused":true`...)
	}
	if l := c.Limit; l != (Limit{}) {
		b = strconv.AppendUint(append(b, `,"limit":{"value":`...), uint64(l.Value), 10)
		b = strconv.AppendInt(append(b, `,"unit":`...), int64(l.Unit), 10)
		b = strconv.AppendInt(append(b, `,"basis":`...), int64(l.Basis), 10)
		b = append(b, '}')
	}
	return append(b, '}')
}

func stageName(s gridcasev1.Stage) string { return strings.TrimPrefix(s.String(), "STAGE_") }

// Ended tells whether a case in a state has come to an end: nothing of it runs or is pending.
func Ended(s gridcasev1.State) bool {
	switch s {
	case gridcasev1.State_STATE_CLOSED, gridcasev1.State_STATE_NOT_FILED, gridcasev1.State_STATE_VOIDED, gridcasev1.State_STATE_MERGED:
		return true
	}
	return false
}
