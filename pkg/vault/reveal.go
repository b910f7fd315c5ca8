package vault

import (
	"context"
	"crypto/hmac"

	"github.com/jackc/pgx/v5"

	gridcasev1 "github.com/gridcase/gridcase/proto/gridcase/v1"

	"github.com/gridcase/gridcase/pkg/fault"
)

// Ref is a sealed value as an event carries it, and the event's command.
type Ref struct {
	CommandID string
	Sealed    *gridcasev1.Sealed
}

// Revealed is a value in the clear.
type Revealed struct {
	CommandID, Field, Text string
}

// Reveal returns the values that a case's events refer to, in their order. A value or key that is missing or damaged is an Internal fault,
// never left out.
func (v *Vault) Reveal(ctx context.Context, district, caseID string, refs []Ref) ([]Revealed, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	persons, err := v.persons(ctx, district, caseID)
	if err != nil {
		return nil, err
	}
	keys := map[string]Key{}
	for _, p := range persons {
		keys[p.ref] = p.key
	}
	stored, err := v.rows(ctx, persons)
	if err != nil {
		return nil, err
	}
	revealed := make([]Revealed, len(refs))
	for i, ref := range refs {
		text, err := openValue(district, caseID, ref, keys, stored)
		if err != nil {
			return nil, err
		}
		revealed[i] = Revealed{CommandID: ref.CommandID, Field: ref.Sealed.GetField(), Text: text}
	}
	return revealed, nil
}

// rows reads all values of a case's persons, by what an event refers to.
func (v *Vault) rows(ctx context.Context, persons map[gridcasev1.Person]*person) (map[string]row, error) {
	var refs []string
	for _, p := range persons {
		refs = append(refs, p.ref)
	}
	rows, err := v.pool.Query(ctx, `select person_ref::text, command_id::text, field, commitment, nonce, ciphertext from vault.values where person_ref = any($1::uuid[])`, refs)
	if err != nil {
		return nil, unavailable(err)
	}
	stored := map[string]row{}
	var r row
	var commandID string
	_, err = pgx.ForEachRow(rows, []any{&r.ref, &commandID, &r.field, &r.commitment, &r.nonce, &r.ciphertext}, func() error {
		stored[name(commandID, r.ref, r.field, r.commitment)] = r
		return nil
	})
	if err != nil {
		return nil, unavailable(err)
	}
	return stored, nil
}

func name(commandID, ref, field string, commitment []byte) string {
	return commandID + "|" + ref + "|" + field + "|" + string(commitment)
}

func openValue(district, caseID string, ref Ref, keys map[string]Key, stored map[string]row) (string, error) {
	s := ref.Sealed
	key, ok := keys[s.GetPersonRef()]
	if !ok {
		return "", keyMissing()
	}
	r, ok := stored[name(ref.CommandID, s.GetPersonRef(), s.GetField(), s.GetCommitment())]
	if !ok {
		return "", valueMissing()
	}
	plain, err := key.open(r.nonce, r.ciphertext, binding(district, caseID, ref.CommandID, s.GetField(), s.GetPersonRef()))
	if err != nil || !hmac.Equal(commitment(key, s.GetField(), string(plain)), s.GetCommitment()) {
		return "", valueDamaged()
	}
	return string(plain), nil
}

func keyMissing() error {
	return fault.New(fault.Internal, "vault.key_missing", "the key of a sealed value is missing, and no erasure was asked for")
}

func valueMissing() error {
	return fault.New(fault.Internal, "vault.value_missing", "a sealed value is missing, and no erasure was asked for")
}

func valueDamaged() error {
	return fault.New(fault.Internal, "vault.value_damaged", "a sealed value is not what the event commits to")
}
