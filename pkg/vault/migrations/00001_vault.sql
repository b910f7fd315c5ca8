-- +goose Up
create table vault.installation (
  one boolean primary key default true check (one),
  key_check bytea not null
);
comment on table vault.installation is 'proves that a process holds the key that this vault was made with';

create table vault.persons (
  person_ref uuid primary key,
  district text not null,
  case_id uuid not null,
  kind smallint not null,
  wrapped_key bytea not null,
  created_at timestamptz not null default now(),
  unique (district, case_id, kind)
);
comment on table vault.persons is 'one random reference and one wrapped key per reporter or bystander of a case; destroying the row erases the person';

create table vault.values (
  person_ref uuid not null references vault.persons,
  command_id uuid not null,
  field text not null,
  commitment bytea not null,
  nonce bytea not null,
  ciphertext bytea not null,
  created_at timestamptz not null default now(),
  primary key (person_ref, command_id, field, commitment)
);
comment on table vault.values is 'sealed values; an event refers to one by person, command, field and commitment; a row that no event refers to is swept';

-- +goose Down
drop table vault.values;
drop table vault.persons;
drop table vault.installation;
