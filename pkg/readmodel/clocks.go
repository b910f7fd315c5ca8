package readmodel

import (
	"encoding/json"
	"fmt"
	"slices"
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

// Clocks are the clocks of a case that run or are paused, as a JSON object by stage: {"HANDLE": {"due": …}}.
type Clocks string

// Apply takes over the readings of an event: one without a due time ends, a reopened or unmerged case starts anew, an ended case has none.
func (c *Clocks) Apply(e *projection.Event) error {
	if Ended(e.State) {
		*c = "{}"
		return nil
	}
	m, ok := e.Message.(interface{ GetClocks() []*gridcasev1.Clocks })
	if !ok {
		return nil
	}
	clocks, err := c.read()
	if err != nil {
		return err
	}
	switch e.Message.(type) {
	case *gridcasev1.CaseReopened, *gridcasev1.CaseUnmerged:
		clear(clocks)
	}
	for _, reading := range m.GetClocks() {
		stage := stageName(reading.GetStage())
		if reading.GetDue() == nil {
			delete(clocks, stage)
			continue
		}
		clocks[stage] = Clock{Due: reading.GetDue().AsTime(), WarnAt: reading.GetWarnAt().AsTime(), Paused: reading.GetPaused(),
			Limit: Limit{Value: reading.GetLimit().GetValue(), Unit: reading.GetLimit().GetUnit(), Basis: reading.GetLimit().GetBasis()}}
	}
	b, err := json.Marshal(clocks)
	if err != nil {
		return fmt.Errorf("write clocks: %w", err)
	}
	*c = Clocks(b)
	return nil
}

// Due returns when a stage is due, nil where its clock doesn't run.
func (c Clocks) Due(stage gridcasev1.Stage) *time.Time {
	clocks, err := c.read()
	if clock, ok := clocks[stageName(stage)]; ok && err == nil {
		return &clock.Due
	}
	return nil
}

// Proto returns the readings in the order of the stages.
func (c Clocks) Proto() ([]*gridcasev1.Clocks, error) {
	clocks, err := c.read()
	if err != nil {
		return nil, err
	}
	var out []*gridcasev1.Clocks
	for name, clock := range clocks {
		reading := &gridcasev1.Clocks{Stage: gridcasev1.Stage(gridcasev1.Stage_value["STAGE_"+name]), Due: timestamppb.New(clock.Due),
			WarnAt: timestamppb.New(clock.WarnAt), Paused: clock.Paused}
		if l := clock.Limit; l.Value > 0 {
			reading.Limit = &gridcasev1.Limit{Value: l.Value, Unit: l.Unit, Basis: l.Basis}
		}
		out = append(out, reading)
	}
	slices.SortFunc(out, func(a, b *gridcasev1.Clocks) int { return int(a.GetStage() - b.GetStage()) })
	return out, nil
}

func (c Clocks) read() (map[string]Clock, error) {
	clocks := map[string]Clock{}
	if c == "" {
		return clocks, nil
	}
	if err := json.Unmarshal([]byte(c), &clocks); err != nil {
		return nil, fmt.Errorf("read clocks: %w", err)
	}
	return clocks, nil
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
