package projection

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// checkpointTables hold how far each view has come in each stream, and who may write.
const checkpointTables = `
create schema if not exists projection;
create table if not exists projection.office (
  one boolean primary key default true check (one),
  epoch bigint not null
);
comment on table projection.office is 'the epoch of the projector that works; one with an older epoch must not write';
create table if not exists projection.checkpoints (
  view text not null,
  version int not null,
  stream text not null,
  stream_created timestamptz not null,
  seq bigint not null,
  hash text not null,
  halted text not null default '',
  primary key (view, version, stream)
);
comment on table projection.checkpoints is 'the last event that a view holds of a stream; written in the same transaction as the rows';`

// errFenced: another projector took office. This one must not write any more.
var errFenced = errors.New("another projector took office")

// checkpoint is how far one view has come in one stream.
type checkpoint struct {
	seq     uint64
	hash    string
	created time.Time
	halted  string
}

// raiseEpoch takes office: whoever held it can't commit any more.
func raiseEpoch(ctx context.Context, conn *pgx.Conn) (epoch int64, err error) {
	err = conn.QueryRow(ctx, `insert into projection.office (epoch) values (1) on conflict (one) do update set epoch = projection.office.epoch + 1 returning epoch`).Scan(&epoch)
	if err != nil {
		return 0, fmt.Errorf("take office: %w", err)
	}
	return epoch, nil
}

// hold keeps the office's row for the transaction, or finds it taken.
func hold(ctx context.Context, tx pgx.Tx, epoch int64) error {
	var now int64
	if err := tx.QueryRow(ctx, `select epoch from projection.office for share`).Scan(&now); err != nil {
		return transient("read the epoch", err)
	}
	if now != epoch {
		return errFenced
	}
	return nil
}

// readCheckpoints returns every view's checkpoint in a stream, by the view's schema.
func readCheckpoints(ctx context.Context, tx pgx.Tx, stream string) (map[string]checkpoint, error) {
	rows, err := tx.Query(ctx, `select view || '_v' || version, seq, hash, stream_created, halted from projection.checkpoints where stream = $1 for update`, stream)
	if err != nil {
		return nil, transient("read checkpoints", err)
	}
	found := map[string]checkpoint{}
	var schema string
	var c checkpoint
	_, err = pgx.ForEachRow(rows, []any{&schema, &c.seq, &c.hash, &c.created, &c.halted}, func() error {
		found[schema] = c
		return nil
	})
	if err != nil {
		return nil, transient("read checkpoints", err)
	}
	return found, nil
}

// writeCheckpoint moves a view's checkpoint.
func writeCheckpoint(ctx context.Context, tx pgx.Tx, v View, stream string, c checkpoint) error {
	_, err := tx.Exec(ctx, `insert into projection.checkpoints (view, version, stream, stream_created, seq, hash, halted) values ($1, $2, $3, $4, $5, $6, $7)
		on conflict (view, version, stream) do update set stream_created = excluded.stream_created, seq = excluded.seq, hash = excluded.hash, halted = excluded.halted`,
		v.Name(), v.Version(), stream, c.created, c.seq, c.hash, c.halted)
	if err != nil {
		return transient("write the checkpoint", err)
	}
	return nil
}
