-- +goose Up
create table vault.erased (
  person_ref uuid primary key,
  erased_at timestamptz not null default now()
);
comment on table vault.erased is 'the persons whose key and values were destroyed because that was asked for: of nobody else may a key be missing';
comment on column vault.erased.person_ref is 'as events have it';

-- +goose Down
drop table vault.erased;
