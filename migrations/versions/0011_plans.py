"""Promises to pay, payment plans and settlements."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute(PROMISES)
    op.execute(PLANS)
    op.execute(SETTLEMENTS)
    op.execute(MOVES)


def downgrade() -> None:
    raise NotImplementedError("data only moves forward: restore a backup instead")


PROMISES = """
create table promise (
  id         bigint generated always as identity primary key,
  agency_id  int not null references agency,
  account_id bigint not null references account,
  amount     bigint constraint promise_amount_range check (amount between 1 and 1000000000000000),
  currency   char(3) not null,
  every      text not null constraint promise_every_known
    check (every in ('once', 'weekly', 'two_weeks', 'monthly', 'month_end')),
  times      smallint not null constraint promise_times_range check (times between 1 and 120),
  first_on   date not null constraint promise_first_bounded check (first_on between '1970-01-01' and '9999-01-01'),
  grace_days smallint not null constraint promise_grace_range check (grace_days between 0 and 30),
  after_id   bigint not null,
  state      text not null default 'open' constraint promise_state_known
    check (state in ('open', 'kept', 'broken', 'canceled', 'replaced')),
  look_on    date not null,
  reason     text not null default '' constraint promise_reason_length check (length(reason) <= 400),
  made_at    timestamptz not null,
  made_by    int not null references users,
  judged_at  timestamptz not null,
  seen       bigint not null,
  constraint promise_once_is_one check (every <> 'once' or times = 1)
);
create index promise_account_idx on promise (account_id, id);
create index promise_watch_idx on promise (agency_id, look_on) where state = 'open';
create index promise_decided_idx on promise (agency_id, judged_at) where state in ('kept', 'broken');
"""

# The amount of an instalment is what is wanted of it: what it comes to follows from the balance, and the last one takes
# the rest.
PLANS = """
create table plan (
  id         bigint generated always as identity primary key,
  agency_id  int not null references agency,
  account_id bigint not null references account,
  key        uuid not null,
  version    bigint not null default 1,
  currency   char(3) not null,
  every      text not null constraint plan_every_known
    check (every in ('once', 'weekly', 'two_weeks', 'monthly', 'month_end')),
  grace_days smallint not null constraint plan_grace_range check (grace_days between 0 and 30),
  method_id  bigint,
  state      text not null default 'active' constraint plan_state_known check (state in ('active', 'held', 'canceled')),
  reason     text not null default '' constraint plan_reason_length check (length(reason) <= 400),
  after_id   bigint not null,
  made_at    timestamptz not null,
  made_by    int not null references users,
  constraint plan_key_once unique (key)
);
create index plan_account_idx on plan (account_id, id);
create unique index plan_one_live on plan (account_id) where state <> 'canceled';

create table plan_instalment (
  id            bigint generated always as identity primary key,
  plan_id       bigint not null references plan,
  agency_id     int not null references agency,
  account_id    bigint not null references account,
  due_on        date not null constraint instalment_day_bounded check (due_on between '1970-01-01' and '9999-12-31'),
  wanted        bigint not null constraint instalment_wanted_range check (wanted between 1 and 1000000000000000),
  attempt       smallint not null default 1,
  charge_key    uuid,
  charge_amount bigint,
  charge_method bigint,
  again_at      timestamptz,
  outcome       text constraint instalment_outcome_known
    check (outcome in ('paid', 'posted', 'declined', 'refused', 'late', 'canceled')),
  told          text not null default '' constraint instalment_told_length check (length(told) <= 200),
  constraint instalment_charge_key_once unique (charge_key)
);
create index plan_instalment_plan_idx on plan_instalment (plan_id, due_on, id);
create index plan_instalment_due_idx on plan_instalment (agency_id, due_on, id) where outcome is null;
"""

SETTLEMENTS = """
alter table contract
  add column settlement_floor_bp int constraint contract_floor_range check (settlement_floor_bp between 1 and 10000);

create table settlement (
  id           bigint generated always as identity primary key,
  agency_id    int not null references agency,
  account_id   bigint not null references account,
  amount       bigint not null constraint settlement_amount_range check (amount between 1 and 1000000000000000),
  currency     char(3) not null,
  owing        bigint not null,
  floor_bp     int,
  expires_on   date not null
    constraint settlement_expiry_bounded check (expires_on between '1970-01-01' and '9999-12-31'),
  after_id     bigint not null,
  state        text not null default 'open' constraint settlement_state_known
    check (state in ('open', 'paid', 'expired', 'canceled')),
  reason       text not null default '' constraint settlement_reason_length check (length(reason) <= 400),
  offered_at   timestamptz not null,
  offered_by   int not null references users,
  accepted_at  timestamptz,
  write_off_id bigint,
  written_off  bigint not null default 0,
  constraint settlement_below_owing check (amount < owing)
);
create index settlement_account_idx on settlement (account_id, id);
create unique index settlement_one_open on settlement (account_id) where state = 'open';
create index settlement_open_idx on settlement (agency_id, id) where state = 'open';
create index settlement_paid_idx on settlement (account_id) where state = 'paid';
"""

MOVES = """
insert into status_move values
  ('assigned',   'payment_plan', 'kernel', false),
  ('in_contact', 'payment_plan', 'kernel', false);

alter table activity
  drop constraint activity_kind_known,
  add constraint activity_kind_known check (kind in (
    'note', 'call', 'status', 'assignment', 'import', 'follow_up', 'contact', 'flag', 'promise', 'plan', 'settlement'));
"""
