package projection

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gridcase/gridcase/pkg/eventstore"
)

// ledgerTables hold which generations of the views there are, how far each has come in each stream, whose cases are parked, and who may
// write. Views that were filled before there were generations are filled anew.
const ledgerTables = `
create schema if not exists projection;
do $$
declare old text;
begin
  if to_regclass('projection.checkpoints') is not null and to_regclass('projection.generations') is null then
    for old in select distinct view || '_v' || version from projection.checkpoints loop
      execute format('drop schema if exists %I cascade', old);
    end loop;
    drop table projection.checkpoints;
  end if;
end $$;
create table if not exists projection.office (
  one boolean primary key default true check (one),
  epoch bigint not null
);
comment on table projection.office is 'the epoch of the projector that works; one with an older epoch must not write';
create sequence if not exists projection.generation_number;
create table if not exists projection.generations (
  number int primary key default nextval('projection.generation_number'),
  view text not null,
  version int not null,
  schema text not null,
  state text not null check (state in ('serving', 'building', 'kept', 'dropping')),
  began timestamptz not null default now(),
  base bigint not null default 0,
  since timestamptz
);
create unique index if not exists generations_serving on projection.generations (view) where state = 'serving';
create unique index if not exists generations_building on projection.generations (view) where state = 'building';
comment on table projection.generations is 'the fillings of each view: the one that serves, one that is being filled, one that is kept to go back to';
comment on column projection.generations.schema is 'where its tables are now; queries of a version read NAME_vVERSION';
comment on column projection.generations.began is 'when its filling began, with base events held';
comment on column projection.generations.since is 'when it began to serve';
create table if not exists projection.checkpoints (
  view text not null,
  version int not null,
  stream text not null,
  stream_created timestamptz not null,
  seq bigint not null,
  hash text not null,
  halted text not null default '',
  generation int not null references projection.generations on delete cascade,
  primary key (generation, stream)
);
comment on table projection.checkpoints is 'the last event that a generation holds of a stream; written in the same transaction as the rows';
do $$
begin
  if not exists (select from information_schema.columns where table_schema = 'projection' and table_name = 'checkpoints' and column_name = 'fill_end') then
    alter table projection.checkpoints add column fill_end bigint not null default 0, add column fill_hash text not null default '',
      add column fill_case text not null default '', add column fill_version bigint not null default 0, add column fill_held bigint not null default 0;
  end if;
end $$;
comment on column projection.checkpoints.fill_end is 'while the beginning of a stream is folded case by case: the sequence up to which it goes; seq is 0 until it is there';
comment on column projection.checkpoints.fill_hash is 'of the event at fill_end';
comment on column projection.checkpoints.fill_case is 'the last case that is held, up to its event fill_version';
comment on column projection.checkpoints.fill_held is 'how many events are held';
do $$
begin
  if not exists (select from information_schema.columns where table_schema = 'projection' and table_name = 'checkpoints' and column_name = 'fill_sorted') then
    alter table projection.checkpoints add column fill_sorted bigint not null default 0;
  end if;
end $$;
comment on column projection.checkpoints.fill_sorted is 'before that: how many events were read to be sorted by case; 0 once the folding has begun';
create table if not exists projection.quarantine (
  generation int not null references projection.generations on delete cascade,
  district text not null,
  year int not null,
  case_id uuid not null,
  seq bigint not null,
  event_id text not null,
  event_type text not null,
  code text not null,
  reason text not null,
  since timestamptz not null default now(),
  events bigint not null,
  last_seq bigint not null,
  asked_at timestamptz,
  tried_at timestamptz,
  tries int not null default 0,
  primary key (generation, district, case_id)
);
comment on table projection.quarantine is 'the cases that a generation can''t go on with: it holds none of their events from seq to last_seq';
comment on column projection.quarantine.asked_at is 'when a retry was asked for; it was made once tried_at is behind that';`

// errFenced: another projector took office. This one must not write any more.
var errFenced = errors.New("another projector took office")

// checkpoint is how far one generation has come in one stream.
type checkpoint struct {
	seq     uint64
	hash    string
	created time.Time
	halted  string
	fill    filling
}

// filling is how far a generation has come that is filled case by case; nothing of one that is not.
type filling struct {
	end     uint64 // the sequence up to which it goes
	hash    string // of the event there
	caseID  string // of the last event that is held
	version uint64
	held    uint64 // how many events
}

// holds tells whether the generation holds an event already.
func (c *checkpoint) holds(e *eventstore.Event) bool {
	if c.fill.end == 0 {
		return e.Seq <= c.seq
	}
	return cmp.Or(cmp.Compare(e.CaseID, c.fill.caseID), cmp.Compare(e.Version, c.fill.version)) <= 0
}

// after is the checkpoint once a batch is folded, of a stream that was made then.
func (c *checkpoint) after(batch []Event, created time.Time) checkpoint {
	last := &batch[len(batch)-1]
	if c.fill.end == 0 {
		return checkpoint{seq: last.Seq, hash: last.Hash, created: created}
	}
	next := *c
	next.fill.caseID, next.fill.version, next.fill.held = last.CaseID, last.Version, c.fill.held+uint64(len(batch))
	return next
}

// goal is the last event that the generation holds or, where it is being filled, that it is to hold.
func (c *checkpoint) goal() (seq uint64, hash string) {
	if c.fill.end == 0 {
		return c.seq, c.hash
	}
	return c.fill.end, c.fill.hash
}

// raiseEpoch takes office: whoever held it can't commit any more.
func raiseEpoch(ctx context.Context, conn *pgx.Conn) (epoch int64, err error) {
	err = conn.QueryRow(ctx, `insert into projection.office (epoch) values (1) on conflict (one) do update set epoch = projection.office.epoch + 1 returning epoch`).Scan(&epoch)
	if err != nil {
		return 0, fmt.Errorf("take office: %w", err)
	}
	return epoch, nil
}

// holdOffice keeps the office's row for the transaction, or finds it taken.
const holdOffice = `select epoch from projection.office for share`

// hold keeps the office for a transaction.
func hold(ctx context.Context, tx pgx.Tx, epoch int64) error {
	return held(tx.QueryRow(ctx, holdOffice), epoch)
}

func held(answer pgx.Row, epoch int64) error {
	var now int64
	if err := answer.Scan(&now); err != nil {
		return transient("read the epoch", err)
	}
	if now != epoch {
		return errFenced
	}
	return nil
}

// enterStream makes the checkpoints of generations in a stream where they lack, and returns them.
func enterStream(ctx context.Context, tx pgx.Tx, stream string, created time.Time, numbers []int) (map[int]checkpoint, error) {
	_, err := tx.Exec(ctx, `insert into projection.checkpoints (view, version, stream, stream_created, seq, hash, generation)
		select view, version, $1, $2, 0, '', number from projection.generations where number = any($3) on conflict do nothing`, stream, created, numbers)
	if err != nil {
		return nil, transient("enter a stream", err)
	}
	rows, err := tx.Query(ctx, `select generation, seq, hash, stream_created, halted, fill_end, fill_hash, fill_case, fill_version, fill_held
		from projection.checkpoints where stream = $1 and generation = any($2)`, stream, numbers)
	if err != nil {
		return nil, transient("read checkpoints", err)
	}
	found := map[int]checkpoint{}
	var number int
	var c checkpoint
	_, err = pgx.ForEachRow(rows, []any{&number, &c.seq, &c.hash, &c.created, &c.halted, &c.fill.end, &c.fill.hash, &c.fill.caseID, &c.fill.version, &c.fill.held}, func() error {
		found[number] = c
		return nil
	})
	if err != nil {
		return nil, transient("read checkpoints", err)
	}
	return found, nil
}
