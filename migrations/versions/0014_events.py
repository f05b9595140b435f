"""The order of events, who has read how far, and months that were opened again."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.execute(EVENTS)
    op.execute(BOOKS)


def downgrade() -> None:
    raise NotImplementedError("data only moves forward: restore a backup instead")


# The sequencer finds what it has not placed yet by agency and transaction. Another index would cost every payment one
# more entry, so the key itself is turned round: an event is still one row, and nobody looks one up by its id alone.
EVENTS = """
alter table ledger_event
  drop constraint ledger_event_pkey,
  add constraint ledger_event_pkey primary key (agency_id, xid, id);

create table event_head (
  agency_id   int primary key references agency,
  position    bigint not null default 0,
  horizon     xid8 not null default '0',
  cluster     bigint not null default 0,
  told        bigint not null default 0,
  told_at     timestamptz not null default '-infinity'
);

create table event_position (
  agency_id int not null,
  position  bigint not null constraint event_position_counts check (position > 0),
  xid       xid8 not null,
  event_id  bigint not null,
  primary key (agency_id, position),
  constraint event_position_once unique (agency_id, xid, event_id)
);

create table event_consumer (
  agency_id   int not null references agency,
  name        text collate "C" not null
    constraint event_consumer_form check (name ~ '^[a-z0-9][a-z0-9_.-]{0,62}$'),
  position    bigint not null default 0 constraint event_consumer_position check (position >= 0),
  holder      uuid,
  held_by     int references users,
  held_since  timestamptz,
  lease_until timestamptz,
  moved_at    timestamptz,
  primary key (agency_id, name)
);
"""

BOOKS = """
create table period_reopened (
  id          bigint generated always as identity primary key,
  agency_id   int not null references agency,
  month       date not null constraint period_reopened_first_day check (extract(day from month) = 1),
  closed_at   timestamptz not null,
  closed_by   int not null references users,
  reopened_at timestamptz not null,
  reopened_by int not null references users,
  reason      text not null constraint period_reopened_reason check (length(reason) between 1 and 400)
);
create index transfer_family_idx on transfer (family_id) where family_id <> id;
create index leg_unapplied_idx on leg (account_id, transfer_id)
  where parts is null and (debit % 16 = 3 or credit % 16 = 3);
"""
