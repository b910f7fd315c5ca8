package projector_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/natsd/natstest"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel/search"
	"github.com/gridcase/gridcase/pkg/refold"
	"github.com/gridcase/gridcase/pkg/vault"
	"github.com/gridcase/gridcase/services/projector"
)

// office is a projector of all views that works, over a real log.
type office struct {
	*folded
	log     *eventstore.Log
	control projection.Control
}

func open(t *testing.T) *office {
	t.Helper()
	o := &office{folded: &folded{t: t}}
	o.vault, o.pool = openVault(t)
	var err error
	if o.log, err = eventstore.New(eventstore.Options{Conn: natstest.Connect(t, natstest.Node(t)), Patience: 5 * time.Second}); err != nil {
		t.Fatal(err)
	}
	o.control = projection.Control{Pool: o.pool, Log: o.log}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- projector.New(projector.Options{Pool: o.pool, Log: o.log, Vault: o.vault}).Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return o
}

// report appends a case with a description and waits until the views hold it.
func (o *office) report(description string) (caseID, personRef string) {
	o.t.Helper()
	id := uuid.Must(uuid.NewV7()).String()
	c, err := eventstore.CaseOf("610302", id)
	if err != nil {
		o.t.Fatal(err)
	}
	commandID := uuid.NewString()
	sealed := seal(o.t, o.vault, vault.Entry{District: c.District, CaseID: id, CommandID: commandID, Values: []vault.Value{{Person: reporter, Field: "description", Text: description}}})
	place := &gridcasev1.Place{Grid: "610302001001001", Community: "610302001001", Street: "610302001", District: "610302"}
	m := &gridcasev1.CaseReported{Number: "6103022026110100001", CaseType: "drain.pipe", Place: place, Description: sealed["description"]}
	env := gridcasev1.Envelope{ID: uuid.NewString(), Type: gridcasev1.EventType(m), Source: "/test", Time: time.Now().UTC(), Subject: c.Subject(), Version: 1, CommandID: commandID,
		CommandHash: "00", Actor: uuid.NewString(), Role: gridcasev1.Role_ROLE_ACCEPTOR, Catalogue: 1, Calendar: 1, Grid: place.Grid, State: gridcasev1.State_STATE_REPORTED}
	e, err := eventstore.Draft{Envelope: env, Message: m}.Seal(c)
	if err != nil {
		o.t.Fatal(err)
	}
	seq, err := o.log.Append(o.t.Context(), c, 0, []eventstore.Event{e})
	if err != nil {
		o.t.Fatal(err)
	}
	o.eventually("the views hold the report", `select coalesce(min(seq), 0) >= $1 and count(*) > 0 from projection.checkpoints c join projection.generations g on g.number = c.generation where g.state = 'serving'`, int64(seq))
	return id, sealed["description"].GetPersonRef()
}

// eventually waits until the database says so.
func (o *office) eventually(what, query string, args ...any) {
	o.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); <-tick.C {
		var so bool
		if err := o.pool.QueryRow(o.t.Context(), query, args...).Scan(&so); err == nil && so {
			return
		}
	}
	o.t.Fatalf("not in time: %s", what)
}

// rebuild fills the view of texts once more, until it serves beside the one before it alone.
func (o *office) rebuild() {
	o.t.Helper()
	number, err := o.control.Rebuild(o.t.Context(), "search")
	if err != nil {
		o.t.Fatal(err)
	}
	o.eventually("the new generation serves", `select state = 'serving' from projection.generations where number = $1`, number)
	o.eventually("what was kept before is gone", `select count(*) = 2 from pg_namespace where nspname ~ '^search_v[0-9]+'`)
}

// everywhere is the rows of the view of texts in all its generations.
func (o *office) everywhere() (schemas int, all []string) {
	o.t.Helper()
	o.in(func(tx pgx.Tx) error {
		found, err := projection.Schemas(o.t.Context(), tx, "search")
		for _, schema := range found {
			all = append(all, rows(o.t, o.pool, schema)...)
		}
		schemas = len(found)
		return err
	})
	return schemas, all
}

// TestAnErasureReachesEveryGenerationAndARebuildRespectsIt erases a person while a generation is kept, and audits the views afterwards. Then
// a key goes that nobody asked to destroy.
func TestAnErasureReachesEveryGenerationAndARebuildRespectsIt(t *testing.T) {
	t.Parallel()
	o := open(t)
	erased, ref := o.report("占道停车")
	kept, other := o.report("井盖丢失")
	o.rebuild()
	if schemas, all := o.everywhere(); schemas != 2 || len(all) != 4 {
		t.Fatalf("%d generations with %d rows, want 2 with 4", schemas, len(all))
	}
	if err := o.vault.Erase(t.Context(), ref, search.Forget); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, all := o.everywhere()
		if len(all) != 2 || slices.ContainsFunc(all, func(row string) bool { return strings.Contains(row, erased) }) {
			t.Errorf("the generations hold %v", all)
		}
		audited, err := (&refold.Refold{Pool: o.pool, Log: o.log, Views: projector.Views(o.vault)}).Whole(t.Context())
		if err != nil || len(audited.Differences) > 0 || audited.Events != 2 {
			t.Errorf("%+v, %v", audited, err)
		}
		o.rebuild()
	}
	if _, err := o.pool.Exec(t.Context(), fmt.Sprintf(`delete from vault.values where person_ref = '%s'`, other)); err != nil {
		t.Fatal(err)
	}
	o.rebuild()
	parked, _, err := o.control.Quarantined(t.Context(), projection.Which{}, "", 10)
	if err != nil || len(parked) != 1 || parked[0].View != "search" || parked[0].CaseID != kept || parked[0].Code != "vault.value_missing" {
		t.Errorf("%+v, %v; want the case of the missing value, in the view of texts alone", parked, err)
	}
}
