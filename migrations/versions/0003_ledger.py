"""The double-entry ledger and payments."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute(LEDGER)
    op.execute(PAYMENTS)


def downgrade() -> None:
    raise NotImplementedError("data only moves forward: restore a backup instead")


# No foreign key points from a payment, transfer or leg at rows that many payments share: the share locks it takes cost
# about a third of the throughput. `ledger replay --check` proves what those keys would have promised.
LEDGER = """
create table ledger_kind (
  slot smallint primary key constraint ledger_slot_range check (slot between 1 and 8),
  name text not null constraint ledger_kind_name_key unique,
  side text not null constraint ledger_side_known check (side in ('debit', 'credit')),
  what text not null
);
insert into ledger_kind values
  (1, 'trust', 'debit', 'cash held in trust'),
  (2, 'receivable', 'debit', 'what debtors owe on placed accounts, by bucket'),
  (3, 'unapplied', 'credit', 'received, but not yet applied to a debt'),
  (4, 'control', 'credit', 'placement control: the other side of what was placed'),
  (5, 'client_due', 'credit', 'collected and owed to the client'),
  (6, 'commission', 'credit', 'commission earned and not yet drawn'),
  (7, 'escrow', 'credit', 'held for somebody else until a condition is met'),
  (8, 'written_off', 'debit', 'given up by agreement');

create table ledger_account (
  id      int generated always as (book_id * 16 + slot) stored primary key,
  book_id int not null references book,
  slot    smallint not null references ledger_kind,
  constraint ledger_account_once unique (book_id, slot)
);

create table book_balance (
  book_id  int not null,
  stripe   smallint not null constraint book_stripe_range check (stripe between 0 and 15),
  balances bigint[] not null constraint book_balances_shape check (array_length(balances, 1) = 8),
  primary key (book_id, stripe)
) with (fillfactor = 50);

create table transfer (
  id              bigint generated always as identity primary key,
  agency_id       int not null,
  kind            text not null constraint transfer_kind_known check (kind in ('placement', 'payment', 'reversal')),
  family_id       bigint not null,
  reverses        bigint,
  effective_on    date not null,
  recorded_at     timestamptz not null,
  user_id         int,
  import_batch_id bigint
);
create unique index transfer_reversed_once on transfer (reverses) where reverses is not null;

create table leg (
  transfer_id bigint not null,
  no          smallint not null,
  debit       int not null,
  credit      int not null,
  account_id  bigint,
  amount      bigint not null constraint leg_amount_positive check (amount > 0),
  currency    char(3) not null,
  parts       bigint[],
  primary key (transfer_id, no),
  constraint leg_two_sides check (debit <> credit),
  constraint leg_parts_sum check (parts is null
    or (array_length(parts, 1) = 4 and 0 <= all (parts) and parts[1] + parts[2] + parts[3] + parts[4] = amount))
);
create index leg_account_idx on leg (account_id, transfer_id) where parts is not null;

create table ledger_event (
  id            bigint generated always as identity primary key,
  xid           xid8 not null default pg_current_xact_id(),
  aggregatetype text not null,
  aggregateid   text not null,
  type          text not null,
  payload       jsonb not null
);
"""

PAYMENTS = """
create table payment_processor (
  name    text primary key,
  methods text[] not null,
  what    text not null
);
insert into payment_processor values
  ('counter', '{cash,check,bank_transfer}', 'received by the agency itself, into its trust account'),
  ('client', '{paid_to_client}', 'received by the client, who tells the agency');

create table payment_method (
  name      text primary key,
  processor text not null references payment_processor,
  in_trust  boolean not null
);
insert into payment_method values
  ('cash', 'counter', true),
  ('check', 'counter', true),
  ('bank_transfer', 'counter', true),
  ('paid_to_client', 'client', false);

create table reversal_reason (
  name text primary key,
  what text not null
);
insert into reversal_reason values
  ('nsf', 'returned by the bank: not sufficient funds'),
  ('chargeback', 'disputed with the bank'),
  ('refund', 'given back'),
  ('void', 'entered in error');

create table payment (
  id            bigint primary key,
  agency_id     int not null,
  account_id    bigint not null,
  submission_id uuid not null,
  request_hash  bytea not null,
  amount        bigint not null constraint payment_amount_positive check (amount > 0),
  currency      char(3) not null,
  method        text not null,
  reference     text constraint payment_reference_length check (length(reference) <= 100),
  payer         text not null,
  parts         bigint[] not null,
  over          bigint not null,
  due_before    bigint[] not null,
  bucket_order  smallint[] not null,
  effective_on  date not null,
  recorded_at   timestamptz not null,
  user_id       int not null,
  reverses      bigint,
  reason        text,
  constraint payment_submission_key unique (submission_id),
  constraint payment_parts_sum check (array_length(parts, 1) = 4 and 0 <= all (parts) and over >= 0
    and parts[1] + parts[2] + parts[3] + parts[4] + over = amount)
);
create index payment_account_idx on payment (account_id, id);
create index payment_user_idx on payment (user_id, id);

-- One payment, weighed by every rule: what posting it would do. `due` and the rest are the state after it.
create type weighed_payment as (
  ord             int,
  outcome         text,
  submission_id   uuid,
  payment_id      bigint,
  account_id      bigint,
  number          text,
  status          text,
  book_id         int,
  amount          bigint,
  currency        text,
  method          text,
  in_trust        boolean,
  reference       text,
  payer           text,
  effective_on    date,
  bucket_order    smallint[],
  contract_since  date,
  due_before      bigint[],
  parts           bigint[],
  over            bigint,
  commission      bigint,
  due             bigint[],
  unapplied       bigint,
  version         bigint,
  last_payment_on date,
  earlier         bigint,
  request_hash    bytea,
  debtor          text,
  recorded_at     timestamptz,
  entered_by      text
);

create type weighed_reversal as (
  ord           int,
  outcome       text,
  submission_id uuid,
  payment_id    bigint,
  reversal_id   bigint,
  account_id    bigint,
  number        text,
  reason        text,
  amount        bigint,
  currency      text,
  parts         bigint[],
  over          bigint,
  direction     smallint,
  due           bigint[],
  unapplied     bigint,
  version       bigint,
  request_hash  bytea
);
"""
