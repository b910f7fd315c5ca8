package command

import (
	"strconv"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/casework"
	"github.com/gridcase/gridcase/pkg/eventstore"
)

// implied is what an event implies for another case.
type implied struct {
	casework.FollowUp
	commandID string
}

// enveloped is what a command yields for its case.
type enveloped struct {
	next    casework.Case // after the events, all but the log's sequence
	events  []eventstore.Event
	implied []implied
}

// envelop turns what the rules yielded into events ready to be stored. The state and the grid after each event travel with it, so that
// views never derive them.
func (a *attempted) envelop(c casework.Case, messages []proto.Message, hash string, f casework.Facts) (enveloped, error) {
	yield := enveloped{events: make([]eventstore.Event, len(messages))}
	subject, source := a.key.Subject(), "/gridcase/districts/"+a.key.District
	for i, m := range messages {
		e := &yield.events[i]
		e.Envelope = gridcasev1.Envelope{
			ID: eventID(a.key.ID, a.target.GetCommandId(), i), Type: gridcasev1.EventType(m), Source: source, Time: f.Now,
			Subject: subject, Version: c.Version + 1, CommandID: a.target.GetCommandId(), CommandHash: hash, Actor: a.actor.ID, Role: a.actor.Role,
			Catalogue: f.Catalogue.Version(), Calendar: f.Calendar.Version(), Prev: c.Hash,
		}
		if a.target.GetDeviceTime() != nil {
			e.Envelope.DeviceTime = a.target.GetDeviceTime().AsTime()
		}
		c = casework.Evolve(c, casework.Recorded{Envelope: &e.Envelope, Message: m})
		e.Envelope.State, e.Envelope.Grid = c.State, c.Place.GetGrid()
		var err error
		if *e, err = (eventstore.Draft{Envelope: e.Envelope, Message: m}).Seal(a.key); err != nil {
			return yield, err
		}
		c.Hash = e.Hash
		for n, f := range casework.FollowUps(a.key.ID, c, m) {
			yield.implied = append(yield.implied, implied{f, followUpID(e.Envelope.ID, n)})
		}
	}
	yield.next = c
	return yield, nil
}

// eventID is the same for the same command for ever: UUIDv5 of case id, command id and index.
func eventID(caseID, commandID string, index int) string {
	space, err := uuid.Parse(caseID)
	if err != nil {
		return "" // the case id was parsed before
	}
	return uuid.NewSHA1(space, []byte(commandID+"/"+strconv.Itoa(index))).String()
}
