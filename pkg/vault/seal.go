package vault

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"
)

// Value is a value to be sealed, and whose it is.
type Value struct {
	Person gridcasev1.Person
	Field  string
	Text   string
}

// Entry is what one command has to be sealed.
type Entry struct {
	District, CaseID, CommandID string
	Values                      []Value
	// First: nobody of the case is thought to have a key yet, so the vault does not look; Store answers ErrRaced where somebody has.
	First bool
}

// Draft is an entry that is encrypted and not stored yet.
type Draft struct {
	vault   *Vault
	entry   Entry
	persons map[gridcasev1.Person]*person
	sealed  map[string]*gridcasev1.Sealed
	rows    []row
}

// row is one ciphertext.
type row struct {
	ref, field                    string
	commitment, nonce, ciphertext []byte
}

// Prepare encrypts an entry under the case's persons' keys, and makes in memory those that are missing. It writes nothing. An Unavailable
// fault says that the database doesn't answer.
func (v *Vault) Prepare(ctx context.Context, e Entry) (*Draft, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	persons := map[gridcasev1.Person]*person{}
	if !e.First {
		var err error
		if persons, err = v.persons(ctx, e.District, e.CaseID); err != nil {
			return nil, err
		}
	}
	d := &Draft{vault: v, entry: e, persons: persons, sealed: map[string]*gridcasev1.Sealed{}}
	for _, value := range e.Values {
		d.add(value)
	}
	return d, nil
}

func (d *Draft) add(v Value) {
	p := d.persons[v.Person]
	if p == nil {
		p = &person{ref: newRef(), kind: v.Person, key: newKey(), made: true}
		d.persons[v.Person] = p
	}
	c := commitment(p.key, v.Field, v.Text)
	nonce, ciphertext := p.key.seal([]byte(v.Text), binding(d.entry.District, d.entry.CaseID, d.entry.CommandID, v.Field, p.ref))
	d.rows = append(d.rows, row{ref: p.ref, field: v.Field, commitment: c, nonce: nonce, ciphertext: ciphertext})
	d.sealed[v.Field] = &gridcasev1.Sealed{PersonRef: p.ref, Field: v.Field, Commitment: c}
}

// Sealed returns what stands in the event for each value, by field.
func (d *Draft) Sealed() map[string]*gridcasev1.Sealed { return d.sealed }

// Store makes the values durable, all or none, once however often it is called. ErrRaced says that a person of the case has another key.
func (d *Draft) Store(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if _, err := d.vault.pool.Exec(ctx, store, d.arguments()...); err != nil {
		return storeError(err)
	}
	return nil
}

// store writes the keys that were made and the ciphertexts. It is one statement, so a transaction and a round trip.
const store = `with made as (
		insert into vault.persons (person_ref, district, case_id, kind, wrapped_key)
		select ref, $1, $2, kind, key from unnest($3::uuid[], $4::smallint[], $5::bytea[]) as p(ref, kind, key) on conflict (person_ref) do nothing)
	insert into vault.values (person_ref, command_id, field, commitment, nonce, ciphertext)
	select ref, $6, field, commitment, nonce, ciphertext
	from unnest($7::uuid[], $8::text[], $9::bytea[], $10::bytea[], $11::bytea[]) as v(ref, field, commitment, nonce, ciphertext) on conflict do nothing`

// arguments are what store writes: the persons in one order, so that no two wait for each other.
func (d *Draft) arguments() []any {
	var made, refs, fields []string
	var kinds []int16
	var keys, commitments, nonces, ciphertexts [][]byte
	for _, kind := range slices.Sorted(maps.Keys(d.persons)) {
		if p := d.persons[kind]; p.made {
			made, kinds, keys = append(made, p.ref), append(kinds, int16(p.kind)), append(keys, d.vault.kek.wrap(p.key, p.ref))
		}
	}
	for _, r := range d.rows {
		refs, fields = append(refs, r.ref), append(fields, r.field)
		commitments, nonces, ciphertexts = append(commitments, r.commitment), append(nonces, r.nonce), append(ciphertexts, r.ciphertext)
	}
	e := &d.entry
	return []any{e.District, e.CaseID, made, kinds, keys, e.CommandID, refs, fields, commitments, nonces, ciphertexts}
}

// storeError tells a lost race from a database that doesn't answer as it should.
func storeError(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "23505" {
		return ErrRaced
	}
	return unavailable(err)
}
