package vault_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/postgres"
	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	"github.com/gridcase/gridcase/pkg/vault"
)

const district = "610302"

func open(t *testing.T, dsn string, key vault.Key) (*vault.Vault, *pgxpool.Pool) {
	t.Helper()
	pool, err := postgres.Connect(context.Background(), dsn, postgres.PoolOptions{})
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

// entry is a command that names its reporter and somebody else.
func entry(caseID, text string) vault.Entry {
	return vault.Entry{District: district, CaseID: caseID, CommandID: uuid.NewString(), Values: []vault.Value{
		{Person: gridcasev1.Person_PERSON_REPORTER, Field: "reporter_phone", Text: text},
		{Person: gridcasev1.Person_PERSON_BYSTANDER, Field: "fields.plate", Text: "plate of " + text},
	}}
}

func seal(t *testing.T, v *vault.Vault, e vault.Entry) []vault.Ref {
	t.Helper()
	d, err := v.Prepare(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Store(t.Context()); err != nil {
		t.Fatal(err)
	}
	var refs []vault.Ref
	for _, value := range e.Values {
		refs = append(refs, vault.Ref{CommandID: e.CommandID, Sealed: d.Sealed()[value.Field]})
	}
	return refs
}

func TestWhatIsSealedIsRevealedToTheWord(t *testing.T) {
	t.Parallel()
	v, pool := open(t, pgtest.New(t), vault.Key{1})
	caseID := uuid.NewString()
	refs := append(seal(t, v, entry(caseID, "canary-1")), seal(t, v, entry(caseID, "canary-2"))...)
	revealed, err := v.Reveal(t.Context(), district, caseID, refs)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, r := range revealed {
		texts = append(texts, r.Text)
	}
	if got, want := strings.Join(texts, ", "), "canary-1, plate of canary-1, canary-2, plate of canary-2"; got != want {
		t.Errorf("revealed %q, want %q", got, want)
	}
	if refs[0].Sealed.GetPersonRef() != refs[2].Sealed.GetPersonRef() || refs[0].Sealed.GetPersonRef() == refs[1].Sealed.GetPersonRef() {
		t.Error("the reporter of a case has one reference, another person another one")
	}
	var rows int
	err = pool.QueryRow(t.Context(), `select count(*) from vault.values v, vault.persons p where v::text || p::text like '%canary%' or position('canary'::bytea in v.ciphertext) > 0`).Scan(&rows)
	if err != nil || rows != 0 {
		t.Errorf("%d rows hold the text in the clear (%v)", rows, err)
	}
}

func TestTheSameValueCommitsToTheSameWithinACaseAndToAnotherElsewhere(t *testing.T) {
	t.Parallel()
	v, _ := open(t, pgtest.New(t), vault.Key{1})
	one, other := uuid.NewString(), uuid.NewString()
	a, b, c := seal(t, v, entry(one, "x")), seal(t, v, entry(one, "x")), seal(t, v, entry(other, "x"))
	if string(a[0].Sealed.GetCommitment()) != string(b[0].Sealed.GetCommitment()) {
		t.Error("the same value of a person has two commitments")
	}
	if string(a[0].Sealed.GetCommitment()) == string(c[0].Sealed.GetCommitment()) {
		t.Error("two cases can be linked by the commitment of the same value")
	}
}

func TestWhatWasTamperedWithIsNotRevealed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, tamper, code string }{
		{"a flipped bit", `update vault.values set ciphertext = set_byte(ciphertext, 0, get_byte(ciphertext, 0) # 1) where field = 'reporter_phone'`, "vault.value_damaged"},
		{"a lost value", `delete from vault.values where field = 'reporter_phone'`, "vault.value_missing"},
		{"a damaged key", `update vault.persons set wrapped_key = set_byte(wrapped_key, 20, get_byte(wrapped_key, 20) # 1)`, "vault.key_damaged"},
		{"a lost person", `delete from vault.values; delete from vault.persons`, "vault.key_missing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v, pool := open(t, pgtest.New(t), vault.Key{1})
			caseID := uuid.NewString()
			refs := seal(t, v, entry(caseID, "x"))
			if _, err := pool.Exec(t.Context(), tt.tamper); err != nil {
				t.Fatal(err)
			}
			if _, err := v.Reveal(t.Context(), district, caseID, refs); fault.Of(err).Code != tt.code {
				t.Errorf("revealed with %v, want %s", err, tt.code)
			}
		})
	}
}

func TestOfTwoWhoMakeAPersonsKeyOnePreparesAgain(t *testing.T) {
	t.Parallel()
	v, _ := open(t, pgtest.New(t), vault.Key{1})
	caseID := uuid.NewString()
	first, err := v.Prepare(t.Context(), entry(caseID, "x"))
	if err != nil {
		t.Fatal(err)
	}
	late := entry(caseID, "y")
	second, err := v.Prepare(t.Context(), late)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Store(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := first.Store(t.Context()); err != nil {
		t.Errorf("stored again: %v", err)
	}
	if err := second.Store(t.Context()); !errors.Is(err, vault.ErrRaced) {
		t.Fatalf("the second one: %v, want ErrRaced", err)
	}
	refs := seal(t, v, late)
	if revealed, err := v.Reveal(t.Context(), district, caseID, refs); err != nil || revealed[0].Text != "y" {
		t.Errorf("after preparing again: %v, %v", revealed, err)
	}
}

// TestWhoIsThoughtToBeTheFirstOfACaseAndIsNot: Prepare does not look, Store finds out and leaves nothing behind, not even the person who
// comes first and has no key yet.
func TestWhoIsThoughtToBeTheFirstOfACaseAndIsNot(t *testing.T) {
	t.Parallel()
	v, pool := open(t, pgtest.New(t), vault.Key{1})
	caseID := uuid.NewString()
	first := entry(caseID, "x")
	first.First = true
	first.Values = slices.DeleteFunc(first.Values, func(v vault.Value) bool { return v.Person != lastKind(first) })
	refs := seal(t, v, first)
	if revealed, err := v.Reveal(t.Context(), district, caseID, refs); err != nil || len(revealed) != 1 {
		t.Fatalf("the first one's: %v, %v", revealed, err)
	}
	late := entry(caseID, "y")
	late.First = true
	d, err := v.Prepare(t.Context(), late)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Store(t.Context()); !errors.Is(err, vault.ErrRaced) {
		t.Fatalf("the late one: %v, want ErrRaced", err)
	}
	var persons, values int
	if err := pool.QueryRow(t.Context(), `select (select count(*) from vault.persons), (select count(*) from vault.values)`).Scan(&persons, &values); err != nil || persons != 1 || values != 1 {
		t.Errorf("%d persons and %d values are stored (%v), want the first one's", persons, values, err)
	}
	late.First = false
	if revealed, err := v.Reveal(t.Context(), district, caseID, seal(t, v, late)); err != nil || revealed[0].Text != "y" {
		t.Errorf("having looked: %v, %v", revealed, err)
	}
}

// lastKind is the kind of person that is stored last.
func lastKind(e vault.Entry) (last gridcasev1.Person) {
	for _, value := range e.Values {
		last = max(last, value.Person)
	}
	return last
}

func TestAVaultOfAnotherKeyIsRefused(t *testing.T) {
	t.Parallel()
	dsn := pgtest.New(t)
	_, pool := open(t, dsn, vault.Key{1})
	if err := vault.New(pool, vault.Key{2}).Migrate(t.Context()); !errors.Is(err, vault.ErrOtherKey) {
		t.Errorf("another key: %v, want ErrOtherKey", err)
	}
	if err := vault.New(pool, vault.Key{1}).Migrate(t.Context()); err != nil {
		t.Errorf("the same key, migrated again: %v", err)
	}
}

func TestWithoutADatabaseTheVaultIsUnavailableAndComesBack(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	v, _ := open(t, server.DSN("postgres"), vault.Key{1})
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Prepare(t.Context(), entry(uuid.NewString(), "x")); fault.Of(err).Code != "vault.unavailable" {
		t.Errorf("with the database gone: %v, want vault.unavailable", err)
	}
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	seal(t, v, entry(uuid.NewString(), "x"))
}

func TestTheKeyFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "vault.key")
	made, err := vault.LoadKey(file)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := vault.LoadKey(file); err != nil || again != made {
		t.Errorf("read again: %v, %v", again == made, err)
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := vault.LoadKey(file); err == nil {
		t.Error("a key that others can read was taken")
	}
	if err := os.WriteFile(file+"2", []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := vault.LoadKey(file + "2"); err == nil {
		t.Error("a key that is none was taken")
	}
}
