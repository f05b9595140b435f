"""Persons that were forgotten, what keeps them from being forgotten, and redacted copies of files."""

from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.execute(DEBTORS)
    op.execute(FILES)
    op.execute(WEBHOOKS)


def downgrade() -> None:
    raise NotImplementedError("data only moves forward: restore a backup instead")


# What was done is kept by number, so that it can be done again to a database that was restored from before it.
DEBTORS = """
alter table debtor add column forgotten_at timestamptz;

create table legal_hold (
  id        bigint generated always as identity primary key,
  agency_id int not null references agency,
  debtor_id bigint not null references debtor,
  reason    text not null constraint legal_hold_reason_length check (length(reason) between 1 and 400),
  placed_by int not null references users,
  placed_at timestamptz not null,
  lifted_by int references users,
  lifted_at timestamptz,
  constraint legal_hold_lifted_whole check ((lifted_by is null) = (lifted_at is null))
);
create unique index legal_hold_standing on legal_hold (debtor_id) where lifted_at is null;

create table retention (
  agency_id int primary key references agency,
  days      int not null constraint retention_days_range check (days between 0 and 36500)
);

create table forgetting (
  id        bigint generated always as identity primary key,
  agency_id int not null references agency,
  accounts  text[] not null constraint forgetting_has_accounts check (cardinality(accounts) > 0),
  reason    text not null
    constraint forgetting_reason_known check (reason in ('request', 'retention', 'order', 'mistake')),
  at        timestamptz not null,
  user_id   int not null references users,
  done      jsonb not null constraint forgetting_done_shape check (jsonb_typeof(done) = 'object')
);
create index forgetting_agency_idx on forgetting (agency_id, id);
"""

# The row of a file keeps the hash of what was sent; its bytes give way to a copy, a file of its own. What lies in a
# bucket goes after the transaction that no longer names it, so it is named until it is gone.
FILES = """
alter table file
  add column redacted_as bigint references file,
  drop constraint file_place_known,
  add constraint file_place_known check (place in ('row', 'chunks', 'bucket', 'redacted')),
  add constraint file_redacted_has_copy check ((place = 'redacted') = (redacted_as is not null));
create index file_redacted_idx on file (redacted_as) where redacted_as is not null;

create table file_doomed (
  id        bigint generated always as identity primary key,
  agency_id int not null references agency,
  bucket    text not null,
  key       text not null,
  pieces    int not null,
  since     timestamptz not null
);
"""

# A body is what was signed, or nothing: what it was is told by its hash alone.
WEBHOOKS = """
alter table webhook_event
  add column forgotten_at timestamptz,
  drop constraint webhook_accepted_whole,
  add constraint webhook_accepted_whole check (state = 'refused' or forgotten_at is not null
    or (event_id is not null and type is not null and size = length(body) and sha256 = sha256(body))),
  add constraint webhook_forgotten_empty check (forgotten_at is null
    or (body = '' and headers = '[]' and signature is null));
"""
