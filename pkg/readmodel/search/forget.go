package search

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/gridcase/gridcase/pkg/projection"
)

// Forget takes the words away that a person wrote of a case, in every generation of the view: the one that serves, those that are built and
// kept. It belongs into the transaction that erases the person, behind what keeps folds away until it ends.
func Forget(ctx context.Context, tx pgx.Tx, district, caseID, personRef string) error {
	schemas, err := projection.Schemas(ctx, tx, View{}.Name())
	if err != nil {
		return err
	}
	for _, schema := range schemas {
		from := pgx.Identifier{schema, table.Name}.Sanitize()
		for _, statement := range []string{
			"update " + from + " set report = '', report_ref = null where district = $1 and case_id = $2::text::uuid and report_ref = $3::text::uuid",
			"update " + from + " set notes = '', notes_ref = null where district = $1 and case_id = $2::text::uuid and notes_ref = $3::text::uuid",
			"delete from " + from + " where district = $1 and case_id = $2::text::uuid and report_ref is null and notes_ref is null and $3::text is not null",
		} {
			if _, err := tx.Exec(ctx, statement, district, caseID, personRef); err != nil {
				return fmt.Errorf("forget a person's words: %w", err)
			}
		}
	}
	return nil
}
