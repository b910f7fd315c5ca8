package live

import (
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
)

// The names of the messages on a stream.
const (
	Reset = "reset"
	Case  = "case"
	Grid  = "grid"
	Queue = "queue"
)

// Message is one on a stream: its name and the JSON of the contract's message behind it.
type Message struct {
	Name string
	Data []byte
}

// change is the newest event of a case since the last turn.
type change struct {
	position eventstore.Position
	caseID   string
	version  uint64
	event    string
	state    gridcasev1.State
	grid     string
	at       time.Time
	moved    bool
	left     []string // other unit grids in which it lay
}

func changeOf(e *eventstore.Event) change {
	return change{position: e.Position(), caseID: e.CaseID, version: e.Version, event: e.Type, state: e.State, grid: e.Grid, at: e.Time, moved: e.Type == relocated}
}

// relocated is the one event that takes a case to another unit grid.
var relocated = gridcasev1.EventType((*gridcasev1.CaseRelocated)(nil))

// message is the change as watchers of areas hear it.
func (c *change) message() Message {
	return encode(Case, &gridcasev1.LiveCase{District: c.position.District, CaseId: c.caseID, Version: c.version, Event: c.event, State: c.state, Grid: c.grid,
		At: timestamppb.New(c.at), Position: c.position.String()})
}

// grids are the unit grids in which the case lies or lay.
func (c *change) grids() []string { return append([]string{c.grid}, c.left...) }

// encode makes a message once, for all who get it.
func encode(name string, m proto.Message) Message {
	data, err := protojson.Marshal(m)
	if err != nil {
		panic("a message of the contract can't be written as JSON: " + err.Error()) // its strings are valid UTF-8: they came from the contract
	}
	return Message{Name: name, Data: data}
}

// changes are those of one turn, the newest of each case.
type changes struct {
	byCase map[string]*change
	order  []*change
	upTo   cursor
	lost   bool // some were left out
}

// add takes an event.
func (c *changes) add(e *eventstore.Event, most int) {
	next := changeOf(e)
	if known := c.byCase[e.CaseID]; known != nil {
		next.moved = next.moved || known.moved
		*known = next
		return
	}
	if len(c.order) >= most {
		c.byCase, c.order, c.lost = nil, nil, true
	}
	if c.lost {
		return
	}
	if c.byCase == nil {
		c.byCase = map[string]*change{}
	}
	c.byCase[e.CaseID] = &next
	c.order = append(c.order, &next)
}

// grids are the unit grids whose counts may have changed.
func (c *changes) grids() []string {
	seen := map[string]bool{}
	var grids []string
	for _, k := range c.order {
		for _, grid := range k.grids() {
			if grid != "" && !seen[grid] {
				seen[grid] = true
				grids = append(grids, grid)
			}
		}
	}
	return grids
}

// cases are the changed cases' ids.
func (c *changes) cases() []string {
	ids := make([]string, len(c.order))
	for i, k := range c.order {
		ids[i] = k.caseID
	}
	return ids
}
