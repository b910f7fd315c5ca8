package projection_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/protobuf/types/known/timestamppb"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/natsd/natstest"
	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel/deadlines"
)

// mingled is a log in which many cases go on at once.
type mingled struct {
	*history
	cases []*going
}

// going is a case that goes on.
type going struct {
	eventstore.Case
	prev    string
	seq     uint64
	version int
}

func newMingled(t *testing.T) *mingled {
	t.Helper()
	h := &history{conn: natstest.Connect(t, natstest.Node(t))}
	var err error
	if h.log, err = eventstore.New(eventstore.Options{Conn: h.conn, Patience: 5 * time.Second}); err != nil {
		t.Fatal(err)
	}
	return &mingled{history: h}
}

// report begins cases.
func (m *mingled) report(t *testing.T, cases int) {
	t.Helper()
	for range cases {
		id, err := uuid.NewV7()
		if err != nil {
			t.Fatal(err)
		}
		c, err := eventstore.CaseOf("610302", id.String())
		if err != nil {
			t.Fatal(err)
		}
		m.cases = append(m.cases, &going{Case: c})
		m.step(t, len(m.cases)-1)
	}
}

// step appends the next event of a case: it is reported, then somebody is sent to look and comes back, again and again.
func (m *mingled) step(t *testing.T, i int) {
	t.Helper()
	c := m.cases[i]
	due := time.Date(2026, 11, 1, c.version, 0, 0, 0, time.UTC)
	s := script(i, 1)[0]
	switch {
	case c.version%2 == 1:
		s = step{&gridcasev1.VerificationRequested{Worker: uuid.NewString(), Clocks: []*gridcasev1.Clocks{
			{Stage: gridcasev1.Stage_STAGE_VERIFY, Due: timestamppb.New(due), WarnAt: timestamppb.New(due.Add(-time.Hour))}}}, gridcasev1.State_STATE_VERIFYING}
	case c.version > 0:
		s = step{&gridcasev1.VerificationSubmitted{Clocks: []*gridcasev1.Clocks{{Stage: gridcasev1.Stage_STAGE_VERIFY}}}, gridcasev1.State_STATE_REPORTED}
	}
	c.version++
	e, err := eventstore.Draft{Envelope: gridcasev1.Envelope{ID: uuid.NewString(), Type: gridcasev1.EventType(s.message), Source: "/test", Time: time.Now().UTC(),
		Subject: c.Subject(), Version: uint64(c.version), CommandID: uuid.NewString(), CommandHash: "00", Actor: uuid.NewString(), Role: gridcasev1.Role_ROLE_ACCEPTOR,
		Catalogue: 1, Calendar: 1, Grid: "610302001001001", State: s.state, Prev: c.prev}, Message: s.message}.Seal(c.Case)
	if err != nil {
		t.Fatal(err)
	}
	if c.seq, err = m.store(c.Case, c.seq, e); err != nil {
		t.Fatal(err)
	}
	c.prev = e.Hash
	m.last = eventstore.Position{District: c.District, Year: c.Year, Seq: c.seq}
}

// goOn takes every case a step further, in any order; one of twenty steps is a busy case's.
func (m *mingled) goOn(t *testing.T, dice *rand.Rand) {
	t.Helper()
	for n, i := range dice.Perm(len(m.cases)) {
		m.step(t, i)
		if n%20 == 0 {
			m.step(t, dice.IntN(30))
		}
	}
}

// foldPlainly folds the whole log batch by batch, with nothing but the rows that the database has.
func (m *mingled) foldPlainly(t *testing.T, pool *pgxpool.Pool, views []projection.View) {
	t.Helper()
	apply := func(batch []projection.Event) {
		err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
			for _, v := range views {
				if err := projection.Apply(t.Context(), tx, v, projection.Schema(v), batch); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range views {
		exec(t, pool, "create schema "+projection.Schema(v)+"; set search_path to "+projection.Schema(v)+"; "+v.Tables())
	}
	streams, err := m.log.Streams(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = m.log.Follow(t.Context(), streams[0], 1, func(stored []eventstore.Event) error {
		batch := make([]projection.Event, len(stored))
		for i := range stored {
			message, err := stored[i].Decode()
			if err != nil {
				return err
			}
			batch[i] = projection.Event{Event: stored[i], Message: message}
		}
		apply(batch)
		if batch[len(batch)-1].Seq == m.last.Seq {
			return errCrash
		}
		return nil
	})
	if err != errCrash {
		t.Fatal(err)
	}
}

// More cases are under way than a unit keeps rows of, so their rows are read for later batches while earlier ones are written.
func TestRowsThatAreReadEarlyAreThoseThatAPlainFoldReads(t *testing.T) {
	t.Parallel()
	m, dice := newMingled(t), rand.New(rand.NewPCG(7, 11))
	m.report(t, 2200)
	m.goOn(t, dice)
	views := append(views(), deadlines.View{})
	pool := newPool(t, pgtest.New(t))
	_, stop := workWith(t, m.log, pool, views...)
	for range 2 { // of the first time, some is known to come while what is before is folded
		m.goOn(t, dice)
		eventually(t, "the views hold all", holdsAll(pool, m.last, len(views)))
	}
	stop()
	plain := newPool(t, pgtest.New(t))
	m.foldPlainly(t, plain, views)
	if got, want := dump(t, pool), dump(t, plain); got != want {
		t.Error("the rows differ from a plain fold's")
	}
}
