"""What was seen on clients' servers, what was taken and what was refused."""

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.execute(PULL)


def downgrade() -> None:
    raise NotImplementedError("data only moves forward: restore a backup instead")


# One open row for each name that lies in a client's folder; a file that comes again under its name is another row.
PULL = """
create table pull_client (
  client_id int primary key references client,
  agency_id int not null references agency,
  looked_at timestamptz not null,
  next_at   timestamptz not null,
  trouble   text constraint pull_client_trouble_length check (length(trouble) between 1 and 400),
  failures  int not null default 0,
  looks     bigint not null default 1,
  constraint pull_client_failures_counted check ((failures > 0) = (trouble is not null))
);
create index pull_client_agency_idx on pull_client (agency_id);

create table pull_file (
  id            bigint generated always as identity primary key,
  agency_id     int not null references agency,
  client_id     int not null references client,
  name          text collate "C" not null constraint pull_name_length check (length(name) between 1 and 1000),
  size          bigint not null constraint pull_size_positive check (size >= 0),
  modified_at   timestamptz not null,
  first_seen_at timestamptz not null,
  still_since   timestamptz not null,
  state         text not null default 'waiting' constraint pull_state_known check (state in
    ('waiting', 'fetched', 'staging', 'staged', 'refused', 'taken', 'quarantined', 'gone')),
  since         timestamptz not null,
  sha256        bytea constraint pull_sha256_length check (length(sha256) = 32),
  batch_id      bigint references import_batch,
  rule          text constraint pull_rule_length check (length(rule) between 1 and 60),
  reason        text constraint pull_reason_length check (length(reason) between 1 and 400),
  hint          text constraint pull_hint_length check (length(hint) between 1 and 400),
  moved_to      text constraint pull_moved_to_length check (length(moved_to) between 1 and 1200),
  trouble       text constraint pull_trouble_length check (length(trouble) between 1 and 400),
  tries         int not null default 0,
  finished_at   timestamptz,
  verdict       text constraint pull_verdict_known check (verdict in ('released', 'left')),
  policy        jsonb constraint pull_policy_shape check (jsonb_typeof(policy) = 'object'),
  why           jsonb constraint pull_why_shape check (jsonb_typeof(why) = 'array'),
  decided_at    timestamptz,
  constraint pull_finished_has_time check ((state in ('taken', 'quarantined', 'gone')) = (finished_at is not null)),
  constraint pull_kept_is_hashed check (state in ('waiting', 'refused', 'quarantined', 'gone') or sha256 is not null),
  constraint pull_taken_has_batch check (
    state = 'quarantined' or (state in ('staged', 'taken')) = (batch_id is not null)),
  constraint pull_refused_says_why check ((state in ('refused', 'quarantined')) = (reason is not null)),
  constraint pull_decided_says_why check (num_nulls(verdict, why, decided_at) in (0, 3)),
  constraint pull_left_for_reasons check ((verdict = 'left') = (why <> '[]')),
  constraint pull_decided_has_batch check (verdict is null or batch_id is not null)
);
create unique index pull_file_open_once on pull_file (client_id, name) where finished_at is null;
create index pull_file_agency_idx on pull_file (agency_id, id);
create index pull_file_batch_idx on pull_file (batch_id) where batch_id is not null;
"""
