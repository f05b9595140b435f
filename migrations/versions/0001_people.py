"""Agencies, users, sessions, security events, idempotency keys."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    raise NotImplementedError("data only moves forward: restore a backup instead")


TABLES = """
create table agency (
  id          int generated always as identity primary key,
  code        text not null constraint agency_code_form check (code ~ '^[A-Z][A-Z0-9_]{1,15}$'),
  name        text not null constraint agency_name_length check (length(name) between 1 and 120),
  zone        text not null,
  currency    char(3) not null constraint agency_currency_form check (currency ~ '^[A-Z]{3}$'),
  next_number bigint not null default 10001,
  created_at  timestamptz not null default statement_timestamp(),
  constraint agency_code_key unique (code)
);

create table roles (
  name text primary key,
  what text not null
);
insert into roles values
  ('agency_admin', 'everything in the agency, its users, clients and contracts'),
  ('supervisor', 'assigns, imports, releases and reverses; sees the agency'),
  ('collector', 'works the accounts assigned to them'),
  ('readonly', 'sees the agency, changes nothing');

create table users (
  id          int generated always as identity primary key,
  agency_id   int not null references agency,
  login       text not null constraint users_login_form check (login ~ '^[a-z][a-z0-9_.-]{1,40}$'),
  full_name   text not null constraint users_name_length check (length(full_name) between 1 and 120),
  created_at  timestamptz not null default statement_timestamp(),
  disabled_at timestamptz,
  constraint users_login_key unique (login)
);

create table user_roles (
  user_id int primary key references users,
  role    text not null references roles
);

create table session (
  id         bigint generated always as identity primary key,
  token_hash bytea not null,
  user_id    int not null references users,
  agency_id  int not null references agency,
  role       text not null references roles,
  login      text not null,
  opened_at  timestamptz not null,
  expires_at timestamptz not null,
  ended_at   timestamptz,
  origin     text,
  constraint session_token_key unique (token_hash)
) with (fillfactor = 70);
create index session_user_idx on session (user_id, opened_at);

create table security_event (
  id         bigint generated always as identity primary key,
  at         timestamptz not null,
  agency_id  int,
  user_id    int,
  session_id bigint,
  login      text not null,
  kind       text not null,
  rule       text,
  entity     text,
  entity_id  bigint,
  detail     jsonb not null default '{}'
);
create index security_event_agency_idx on security_event (agency_id, at, id);

create table repeatable (
  name       text primary key,
  sha256     text not null,
  applied_at timestamptz not null default statement_timestamp()
);

create table idempotency_key (
  key          uuid primary key,
  act          text not null,
  request_hash bytea not null,
  user_id      int not null,
  answer       jsonb,
  at           timestamptz not null
);
"""
