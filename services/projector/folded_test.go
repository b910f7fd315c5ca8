package projector_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/protobuf/proto"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/access"
	"github.com/gridcase/gridcase/pkg/eventstore"
	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	"github.com/gridcase/gridcase/pkg/projection"
	"github.com/gridcase/gridcase/pkg/readmodel/casestatus"
	"github.com/gridcase/gridcase/pkg/readmodel/search"
	"github.com/gridcase/gridcase/pkg/text"
	"github.com/gridcase/gridcase/pkg/vault"
	"github.com/gridcase/gridcase/services/projector"
)

const (
	reporter  = gridcasev1.Person_PERSON_REPORTER
	bystander = gridcasev1.Person_PERSON_BYSTANDER
)

// key is the vault's in all tests.
var key = vault.Key{1, 2, 3}

// openVault is a vault in a database of its own.
func openVault(t testing.TB) (*vault.Vault, *pgxpool.Pool) {
	t.Helper()
	pool, err := postgres.Connect(t.Context(), pgtest.New(t), postgres.PoolOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	v := vault.New(pool, key)
	if err := v.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return v, pool
}

// folded is the views of cases and of texts, without a log.
type folded struct {
	t     testing.TB
	vault *vault.Vault
	pool  *pgxpool.Pool
	views []projection.View
	seq   uint64
}

func newFolded(t testing.TB) *folded {
	t.Helper()
	f := &folded{t: t}
	f.vault, f.pool = openVault(t)
	for _, v := range projector.Views(f.vault) {
		if v.Name() == "casestatus" || v.Name() == "search" {
			f.views = append(f.views, v)
		}
	}
	f.in(func(tx pgx.Tx) error {
		for _, v := range f.views {
			if _, err := tx.Exec(t.Context(), "create schema "+projection.Schema(v)+"; set local search_path to "+projection.Schema(v)+"; "+v.Tables()); err != nil {
				return err
			}
		}
		return nil
	})
	return f
}

func (f *folded) in(act func(tx pgx.Tx) error) {
	f.t.Helper()
	if err := pgx.BeginFunc(context.Background(), f.pool, act); err != nil {
		f.t.Fatal(err)
	}
}

// fold folds one batch into both views.
func (f *folded) fold(batch ...projection.Event) {
	f.t.Helper()
	f.in(func(tx pgx.Tx) error { return f.apply(tx, batch) })
}

func (f *folded) apply(tx pgx.Tx, batch []projection.Event) error {
	for _, v := range f.views {
		if err := projection.Apply(f.t.Context(), tx, v, projection.Schema(v), batch); err != nil {
			return err
		}
	}
	return nil
}

// caseID is one whose id was made so many hours after the beginning of 2026.
func caseID(hours int) string {
	ms := time.Date(2026, 1, 1, hours, 0, 0, 0, time.UTC).UnixMilli()
	return fmt.Sprintf("%08x-%04x-7000-8000-%012x", ms>>16, ms&0xffff, hours)
}

// seal puts values into the vault and returns what stands in the event for them.
func seal(t testing.TB, v *vault.Vault, e vault.Entry) map[string]*gridcasev1.Sealed {
	t.Helper()
	d, err := v.Prepare(t.Context(), e)
	if err == nil {
		err = d.Store(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return d.Sealed()
}

// happens is an event of a case, whose texts are sealed by their fields' names; what does not end in its own value is a note of a bystander.
func (f *folded) happens(district, id string, version int, make func(s map[string]*gridcasev1.Sealed) proto.Message, values ...vault.Value) projection.Event {
	f.t.Helper()
	e := vault.Entry{District: district, CaseID: id, CommandID: uuid.NewString(), Values: values}
	var sealed map[string]*gridcasev1.Sealed
	if len(values) > 0 {
		sealed = seal(f.t, f.vault, e)
	}
	f.seq++
	m := make(sealed)
	return projection.Event{Message: m, Event: eventstore.Event{District: district, Year: 2026, CaseID: id, Seq: f.seq, Envelope: gridcasev1.Envelope{
		Type: gridcasev1.EventType(m), Time: time.Now().UTC(), Version: uint64(version), CommandID: e.CommandID, Grid: district + "001001001", State: gridcasev1.State_STATE_REPORTED, Actor: uuid.NewString()}}}
}

// reported is a report with a description and an address; an empty one is none.
func (f *folded) reported(district, id, description, address string) projection.Event {
	f.t.Helper()
	var values []vault.Value
	for field, text := range map[string]string{"description": description, "address": address} {
		if text != "" {
			values = append(values, vault.Value{Person: reporter, Field: field, Text: text})
		}
	}
	return f.happens(district, id, 1, func(s map[string]*gridcasev1.Sealed) proto.Message {
		place := &gridcasev1.Place{Grid: district + "001001001", District: district}
		return &gridcasev1.CaseReported{Number: "n" + id, CaseType: "parking.motor", Place: place, Description: s["description"], Address: s["address"]}
	}, values...)
}

// noted is a remark.
func (f *folded) noted(district, id string, version int, remark string) projection.Event {
	f.t.Helper()
	return f.happens(district, id, version, func(s map[string]*gridcasev1.Sealed) proto.Message { return &gridcasev1.NoteAdded{Text: s["text"]} },
		vault.Value{Person: bystander, Field: "text", Text: remark})
}

func (f *folded) index() search.Index { return search.Index{Pool: f.pool} }

// find returns the ids of the cases that a text finds, read in pages of a size.
func (f *folded) find(scope access.Scope, asked string, filter casestatus.Filter, limit int) (ids []string) {
	f.t.Helper()
	for before := ""; ; before = ids[len(ids)-1] {
		relations, err := f.index().Hits(f.t.Context(), scope.District, f.vault.Digests(text.Asked(asked)), before)
		if err != nil {
			f.t.Fatal(err)
		}
		var page []*gridcasev1.CaseStatus
		for _, hits := range relations {
			if page, err = (casestatus.Cases{Pool: f.pool}).Among(f.t.Context(), scope, hits, filter, limit); err != nil {
				f.t.Fatal(err)
			}
			if len(page) == limit {
				break
			}
		}
		for _, k := range page {
			ids = append(ids, k.GetCaseId())
		}
		if len(page) < limit {
			return ids
		}
	}
}

// rows is every row of the view of texts in a schema, as text.
func rows(t testing.TB, pool *pgxpool.Pool, schema string) []string {
	t.Helper()
	found, err := pool.Query(t.Context(), "select to_jsonb(r)::text from "+schema+".texts r order by district, case_id")
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return all
}
