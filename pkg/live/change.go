package live

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/readmodel/history"
	"github.com/gridcase/gridcase/pkg/readmodel/workqueue"
)

// change is the last change of a case within a moment, with how the case stands and stood by the views.
type change struct {
	head   eventstore.Head
	known  bool // to the views; what they can't go on with is not
	now    workqueue.Standing
	before []stint

	told [2][]byte // the message, and the one that the case is gone; made when first needed
}

// stint is how a case stood for a time, with who had a part in it then.
type stint struct {
	until   uint64
	queues  []string
	parties access.Parties
}

const (
	ofDepartment = "department:"
	ofWorker     = "worker:"
)

// newChange joins a head with what the views hold of its case.
func newChange(h eventstore.Head, now workqueue.Standing, known bool, stints []history.Stint) *change {
	c := &change{head: h, known: known, now: now}
	c.now.Parties.Grid = h.Grid
	department := ""
	for _, s := range stints {
		if name, ok := strings.CutPrefix(s.Queue, ofDepartment); ok {
			department = name
		} else if taken(s.State) {
			department = ""
		}
		worker, _ := strings.CutPrefix(s.Queue, ofWorker)
		if worker == s.Queue {
			worker = ""
		}
		c.before = append(c.before, stint{until: s.Until, queues: append(s.Beside, s.Queue),
			parties: access.Parties{Grid: s.Grid, Department: department, Worker: worker, Reporter: now.Parties.Reporter}})
	}
	return c
}

// taken tells whether no department has a case in a state. Where one has, it has kept the case since it waited there.
func taken(s gridcasev1.State) bool {
	switch s {
	case gridcasev1.State_STATE_REPORTED, gridcasev1.State_STATE_VERIFYING, gridcasev1.State_STATE_FILED, gridcasev1.State_STATE_NOT_FILED,
		gridcasev1.State_STATE_VOIDED, gridcasev1.State_STATE_MERGED:
		return true
	}
	return false
}

// Subject is what a reader watches: a queue, or the area of a code.
type Subject struct{ Area, Queue string }

// covers tells whether a case that stands so belongs to the subject.
func (s Subject) covers(grid string, queues []string) bool {
	if s.Queue != "" {
		return slices.Contains(queues, s.Queue)
	}
	return strings.HasPrefix(grid, s.Area)
}

// shows tells whether a reader is to see the case as it stands.
func (c *change) shows(s Subject, scope access.Scope) bool {
	visible := scope.All || c.known && scope.Sees(c.now.Parties)
	return visible && s.covers(c.head.Grid, c.now.Queues)
}

// showed tells whether a reader was to see the case at a sequence, or between then and now.
func (c *change) showed(s Subject, scope access.Scope, since uint64) bool {
	return slices.ContainsFunc(c.before, func(b stint) bool {
		return b.until > since && (scope.All || scope.Sees(b.parties)) && s.covers(b.parties.Grid, b.queues)
	})
}

// grids are the unit grids that the case lies in, and lay in since a sequence.
func (c *change) grids(since uint64) []string {
	grids := []string{c.head.Grid}
	for _, b := range c.before {
		if b.until > since && !slices.Contains(grids, b.parties.Grid) {
			grids = append(grids, b.parties.Grid)
		}
	}
	return grids
}

// subjects are what the case belongs to, and belonged to since a sequence, as keys of readers.
func (c *change) subjects(since uint64) map[string]bool {
	keys := map[string]bool{}
	for _, grid := range c.grids(since) {
		for n := len(c.head.District); n <= len(grid); n++ {
			keys[grid[:n]] = true
		}
	}
	for _, q := range c.now.Queues {
		keys[q] = true
	}
	for _, b := range c.before {
		if b.until > since {
			for _, q := range b.queues {
				keys[q] = true
			}
		}
	}
	return keys
}

// key is by which readers of the subject are found.
func (s Subject) key() string {
	if s.Queue != "" {
		return s.Queue
	}
	return s.Area
}

// message is the change as JSON; that the case is gone says nothing else of it.
func (c *change) message(gone bool) []byte {
	at := 0
	m := &gridcasev1.LiveCase{District: c.head.District, CaseId: c.head.CaseID, Position: c.head.Position().String(), Gone: gone}
	if gone {
		at = 1
	} else {
		m.Version, m.State, m.Grid, m.At = c.head.Version, c.head.State, c.head.Grid, timestamppb.New(c.head.Time)
		m.Event = c.head.Type[strings.LastIndexByte(c.head.Type, '.')+1:]
	}
	if c.told[at] == nil {
		c.told[at] = encode(m)
	}
	return c.told[at]
}

// encode is a message as JSON on one line.
func encode(m proto.Message) []byte {
	b, _ := protojson.Marshal(m) // only a string that is no UTF-8 could fail, and a head has none
	return b
}
