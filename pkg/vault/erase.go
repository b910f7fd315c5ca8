package vault

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Erase destroys a person's key and values for ever, and writes down that it was asked for, so that neither is missed. In the same
// transaction forget takes away what was made of the values elsewhere; whoever makes more of them has ended by then, and finds the person
// erased later. Of a person who was erased
// before, or never was, nothing is left to forget.
func (v *Vault) Erase(ctx context.Context, personRef string, forget func(ctx context.Context, tx pgx.Tx, district, caseID, personRef string) error) error {
	err := pgx.BeginFunc(ctx, v.pool, func(tx pgx.Tx) error {
		b := &pgx.Batch{}
		b.Queue(`set local synchronous_commit = on`)
		b.Queue(`select pg_advisory_xact_lock($1)`, int64(erasing))
		b.Queue(`insert into vault.erased (person_ref) values ($1::text::uuid) on conflict do nothing`, personRef)
		b.Queue(`delete from vault.values where person_ref = $1::text::uuid`, personRef)
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		var district, caseID string
		err := tx.QueryRow(ctx, `delete from vault.persons where person_ref = $1::text::uuid returning district, case_id::text`, personRef).Scan(&district, &caseID)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		return forget(ctx, tx, district, caseID, personRef)
	})
	if err != nil {
		return fmt.Errorf("erase a person: %w", err)
	}
	return nil
}
