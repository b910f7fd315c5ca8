package vault

import (
	"context"
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

// OpenAll returns the values that events of any cases refer to, in their order, in one exchange with the database, and keeps erasures away
// until the transaction ends: what is made of the values in it is there when an erasure looks for it. A value or key that is missing or
// damaged though its person was not erased is an Internal fault.
func (v *Vault) OpenAll(ctx context.Context, tx pgx.Tx, placed []Placed) ([]Opened, error) {
	refs, commands, fields, commitments := make([]string, len(placed)), make([]string, len(placed)), make([]string, len(placed)), make([][]byte, len(placed))
	for i, p := range placed {
		refs[i], commands[i], fields[i], commitments[i] = p.Sealed.GetPersonRef(), p.CommandID, p.Sealed.GetField(), p.Sealed.GetCommitment()
	}
	b := &pgx.Batch{}
	b.Queue(`select pg_advisory_xact_lock_shared($1)`, int64(erasing))
	b.Queue(openQuery, refs, commands, fields, commitments)
	answers := tx.SendBatch(ctx, b)
	defer answers.Close()
	if _, err := answers.Exec(); err != nil {
		return nil, fmt.Errorf("keep erasures away: %w", err)
	}
	rows, err := answers.Query()
	if err != nil {
		return nil, fmt.Errorf("open sealed values: %w", err)
	}
	opened := make([]Opened, 0, len(placed))
	o := opening{vault: v, keys: map[string]Key{}}
	_, err = pgx.ForEachRow(rows, []any{&o.wrapped, &o.nonce, &o.ciphertext, &o.hasKey, &o.hasValue, &o.erased}, func() error {
		value, err := o.open(placed[len(opened)])
		opened = append(opened, value)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open sealed values: %w", err)
	}
	return opened, nil
}

// opening is one row of the query, and the keys that were unwrapped before.
type opening struct {
	vault                      *Vault
	keys                       map[string]Key
	wrapped, nonce, ciphertext []byte
	hasKey, hasValue, erased   bool
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
