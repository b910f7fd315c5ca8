package vault

import (
	"crypto/hmac"
	"fmt"

	"github.com/jackc/pgx/v5"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// Placed is a sealed value with the place in the log that refers to it.
type Placed struct {
	District, CaseID, CommandID string
	Sealed                      *gridcasev1.Sealed
}

// Opened is a value in the clear, or what is left of it.
type Opened struct {
	Text   string
	Erased bool // its person was erased: there is no text
}

// erasing is the database's lock that parts erasures, who hold it alone, from those who make something of opened values, who share it.
const erasing = 0x6772696463617365

// openQuery looks every value up by its key, whatever the planner knows of the tables, and goes on without those that are missing.
const openQuery = `
select coalesce(p.wrapped_key, ''), coalesce(v.nonce, ''), coalesce(v.ciphertext, ''), p.person_ref is not null, v.person_ref is not null,
  exists (select from vault.erased e where e.person_ref = r.ref::uuid)
from unnest($1::text[], $2::text[], $3::text[], $4::bytea[]) with ordinality r (ref, command, field, commitment, n)
left join lateral (select * from vault.persons where person_ref = r.ref::uuid offset 0) p on true
left join lateral (select * from vault.values where person_ref = r.ref::uuid and command_id = r.command::uuid and field = r.field and commitment = r.commitment offset 0) v on true
order by n`

// OpenAll asks for the values that events of any cases refer to, and keeps erasures away until the transaction ends: what is made of the values
// in it is there when an erasure looks for it. Once b was exchanged, opened returns them in their order. A value or key that is missing or
// damaged though its person was not erased is an Internal fault.
func (v *Vault) OpenAll(b *pgx.Batch, placed []Placed) (opened func() ([]Opened, error)) {
	refs, commands, fields, commitments := make([]string, len(placed)), make([]string, len(placed)), make([]string, len(placed)), make([][]byte, len(placed))
	for i, p := range placed {
		refs[i], commands[i], fields[i], commitments[i] = p.Sealed.GetPersonRef(), p.CommandID, p.Sealed.GetField(), p.Sealed.GetCommitment()
	}
	o := opening{vault: v, placed: placed, keys: map[string]Key{}}
	b.Queue(`select pg_advisory_xact_lock_shared($1)`, int64(erasing))
	b.Queue(openQuery, refs, commands, fields, commitments).Query(o.read)
	return func() ([]Opened, error) { return o.opened, o.fault }
}

// opening is what was opened, one row of the query, and the keys that were unwrapped before.
type opening struct {
	vault                      *Vault
	placed                     []Placed
	opened                     []Opened
	fault                      error // the first value's that can't be opened
	keys                       map[string]Key
	wrapped, nonce, ciphertext []byte
	hasKey, hasValue, erased   bool
}

// read opens the rows. A value that can't be opened is no fault of the exchange.
func (o *opening) read(rows pgx.Rows) error {
	_, err := pgx.ForEachRow(rows, []any{&o.wrapped, &o.nonce, &o.ciphertext, &o.hasKey, &o.hasValue, &o.erased}, func() error {
		value, err := o.open(o.placed[len(o.opened)])
		o.opened = append(o.opened, value)
		if o.fault == nil {
			o.fault = err
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("open sealed values: %w", err)
	}
	return nil
}

func (o *opening) open(p Placed) (Opened, error) {
	ref, field := p.Sealed.GetPersonRef(), p.Sealed.GetField()
	switch {
	case o.erased:
		return Opened{Erased: true}, nil
	case !o.hasKey:
		return Opened{}, keyMissing()
	case !o.hasValue:
		return Opened{}, valueMissing()
	}
	key, known := o.keys[ref]
	if !known {
		var err error
		if key, err = o.vault.kek.unwrap(o.wrapped, ref); err != nil {
			return Opened{}, fault.New(fault.Internal, "vault.key_damaged", "the key of a person of the case can't be unwrapped")
		}
		o.keys[ref] = key
	}
	plain, err := key.open(o.nonce, o.ciphertext, binding(p.District, p.CaseID, p.CommandID, field, ref))
	if err != nil || !hmac.Equal(commitment(key, field, string(plain)), p.Sealed.GetCommitment()) {
		return Opened{}, valueDamaged()
	}
	return Opened{Text: string(plain)}, nil
}
