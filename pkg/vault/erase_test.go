package vault_test

import (
	"context"
	"errors"
	"regexp"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
	"github.com/gridcase/gridcase/pkg/postgres/pgtest"
	"github.com/gridcase/gridcase/pkg/vault"
)

// opened are the values of some cases, as one transaction opens them.
func opened(t *testing.T, v *vault.Vault, pool *pgxpool.Pool, placed ...vault.Placed) (values []vault.Opened, err error) {
	t.Helper()
	err = pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		b := &pgx.Batch{}
		open := v.OpenAll(b, placed)
		if err := tx.SendBatch(t.Context(), b).Close(); err != nil {
			return err
		}
		values, err = open()
		return err
	})
	return values, err
}

func place(caseID string, r vault.Ref) vault.Placed {
	return vault.Placed{District: district, CaseID: caseID, CommandID: r.CommandID, Sealed: r.Sealed}
}

// TestWhoWasErasedIsNotMissing: the values of several cases are opened at once, those of an erased person are said to be erased, and what
// was made of them is forgotten in the same transaction or the person is not erased.
func TestWhoWasErasedIsNotMissing(t *testing.T) {
	t.Parallel()
	v, pool := open(t, pgtest.New(t), vault.Key{1})
	first, second := uuid.NewString(), uuid.NewString()
	one, two := seal(t, v, entry(first, "one")), seal(t, v, entry(second, "two"))
	all := []vault.Placed{place(second, two[0]), place(first, one[0]), place(first, one[1])}
	check := func(when string, want ...vault.Opened) {
		t.Helper()
		got, err := opened(t, v, pool, all...)
		if err != nil || len(got) != len(want) || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
			t.Errorf("%s: %+v, %v; want %+v", when, got, err, want)
		}
	}
	check("at first", vault.Opened{Text: "two"}, vault.Opened{Text: "one"}, vault.Opened{Text: "plate of one"})
	reporter := one[0].Sealed.GetPersonRef()
	away := errors.New("away")
	if err := v.Erase(t.Context(), reporter, func(context.Context, pgx.Tx, string, string, string) error { return away }); !errors.Is(err, away) {
		t.Errorf("an erasure that could not forget: %v", err)
	}
	check("after an erasure that failed", vault.Opened{Text: "two"}, vault.Opened{Text: "one"}, vault.Opened{Text: "plate of one"})
	forgot := 0
	for range 2 {
		err := v.Erase(t.Context(), reporter, func(_ context.Context, _ pgx.Tx, d, caseID, ref string) error {
			if forgot++; d != district || caseID != first || ref != reporter {
				t.Errorf("forget %s of %s/%s", ref, d, caseID)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if forgot != 1 {
		t.Errorf("forgot %d times", forgot)
	}
	check("after the erasure", vault.Opened{Text: "two"}, vault.Opened{Erased: true}, vault.Opened{Text: "plate of one"})
	var left int
	if err := pool.QueryRow(t.Context(), `select count(*) from vault.values where person_ref::text = $1`, reporter).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d values of an erased person are left (%v)", left, err)
	}
	unknown := place(first, vault.Ref{CommandID: uuid.NewString(), Sealed: &gridcasev1.Sealed{PersonRef: uuid.NewString(), Field: "note", Commitment: []byte{1}}})
	if _, err := opened(t, v, pool, all[0], unknown); fault.Of(err).Code != "vault.key_missing" {
		t.Errorf("a key that nobody asked to destroy: %v", err)
	}
}

func TestDigestsOfWordsAreTheKeysAndTellNothing(t *testing.T) {
	t.Parallel()
	one, other := vault.New(nil, vault.Key{1}), vault.New(nil, vault.Key{2})
	a, b := one.Digests([]string{"停车", "road", "停车"}), other.Digests([]string{"停车"})
	if a[0] != a[2] || a[0] == a[1] || a[0] == b[0] {
		t.Errorf("%q, %q", a, b)
	}
	for _, d := range a {
		if !regexp.MustCompile(`^[0-9a-v]{8}$`).MatchString(d) {
			t.Errorf("%q is not 8 letters and digits", d)
		}
	}
}
