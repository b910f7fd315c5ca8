// Package vault keeps personal data and free text out of the log: an event carries a random person reference and a commitment, the value lies
// here, encrypted under a key per person that is wrapped by a key outside the database. It owns sealing and revealing. It never logs a value,
// and it never decides who may see one.
//
// # Decisions
//
// 2026-11: a value is made durable before the event that refers to it; a row that no event refers to is harmless. Rows are keyed by their
// commitment too, so that a rival command with the same id and another text can't overwrite a value that an event refers to.
package vault

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// Vault seals and reveals. It is safe for concurrent use.
type Vault struct {
	pool *pgxpool.Pool
	kek  Key
}

// New returns the vault in a database, whose persons' keys are wrapped by kek.
func New(pool *pgxpool.Pool, kek Key) *Vault { return &Vault{pool: pool, kek: kek} }

// ErrRaced: a person of the case has a key that Prepare did not know, made by another process meanwhile, or not looked for. Prepare again,
// and have it look.
var ErrRaced = errors.New("a person of the case has another key already")

// ErrOtherKey: the vault was made with another key. Nothing of it could be revealed, so the process must not go on.
var ErrOtherKey = errors.New("the vault was made with another key: give every process the same --vault-key-file")

// patience bounds one call to the database.
const patience = 2 * time.Second

//go:embed migrations/*.sql
var migrations embed.FS

// Migrate makes or upgrades the vault's tables; processes that start at once wait for each other. It refuses a vault that was made with
// another key.
func (v *Vault) Migrate(ctx context.Context) error {
	if _, err := v.pool.Exec(ctx, `create schema if not exists vault`); err != nil && !duplicateSchema(err) {
		return fmt.Errorf("make the vault's schema: %w", err)
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return fmt.Errorf("lock the vault: %w", err)
	}
	files, err := goose.NewProvider(goose.DialectPostgres, stdlib.OpenDBFromPool(v.pool), sub(migrations), goose.WithSessionLocker(locker), goose.WithTableName("vault.migrations"))
	if err != nil {
		return fmt.Errorf("read the vault's migrations: %w", err)
	}
	if _, err := files.Up(ctx); err != nil {
		return fmt.Errorf("migrate the vault: %w", err)
	}
	return v.checkKey(ctx)
}

// checkKey compares the key with the one that the vault was made with.
func (v *Vault) checkKey(ctx context.Context) error {
	mac := hmac.New(sha256.New, v.kek[:])
	mac.Write([]byte("gridcase vault key check"))
	var same bool
	err := v.pool.QueryRow(ctx, `with made as (insert into vault.installation (key_check) values ($1) on conflict do nothing returning key_check)
		select key_check = $1 from made union all select key_check = $1 from vault.installation limit 1`, mac.Sum(nil)).Scan(&same)
	if err != nil {
		return fmt.Errorf("check the vault's key: %w", err)
	}
	if !same {
		return ErrOtherKey
	}
	return nil
}

// duplicateSchema: two processes made the schema at once.
func duplicateSchema(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "23505" || pg.Code == "42P06")
}

// unavailable is what a caller hears when the database does not answer as it should.
func unavailable(err error) error {
	return &fault.Error{Kind: fault.Unavailable, Code: "vault.unavailable", After: 2 * time.Second, Cause: err,
		Text: "personal data and free text can't be kept now; nothing was recorded, send the same command again later"}
}

// commitment is HMAC-SHA-256 over the length-prefixed field and value under the person's key.
func commitment(key Key, field, text string) []byte {
	mac := hmac.New(sha256.New, key[:])
	for _, part := range []string{field, text} {
		mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		mac.Write([]byte(part))
	}
	return mac.Sum(nil)
}

// binding is the additional data that ties a ciphertext to its place.
func binding(district, caseID, commandID, field, personRef string) []byte {
	return fmt.Appendf(nil, "%s|%s|%s|%s|%s", district, caseID, commandID, field, personRef)
}

// person is one party of a case with the key in the clear.
type person struct {
	ref  string
	kind gridcasev1.Person
	key  Key
	made bool // in memory only
}

// persons reads the parties of a case that have a key.
func (v *Vault) persons(ctx context.Context, district, caseID string) (map[gridcasev1.Person]*person, error) {
	rows, err := v.pool.Query(ctx, `select person_ref::text, kind, wrapped_key from vault.persons where district = $1 and case_id = $2`, district, caseID)
	if err != nil {
		return nil, unavailable(err)
	}
	found := map[gridcasev1.Person]*person{}
	var ref string
	var kind int16
	var wrapped []byte
	_, err = pgx.ForEachRow(rows, []any{&ref, &kind, &wrapped}, func() error {
		key, err := v.kek.unwrap(wrapped, ref)
		if err != nil {
			return fault.New(fault.Internal, "vault.key_damaged", "the key of a person of the case can't be unwrapped")
		}
		found[gridcasev1.Person(kind)] = &person{ref: ref, kind: gridcasev1.Person(kind), key: key}
		return nil
	})
	if fault.KindOf(err) == fault.Internal && errors.As(err, new(*fault.Error)) {
		return nil, err
	}
	if err != nil {
		return nil, unavailable(err)
	}
	return found, nil
}
