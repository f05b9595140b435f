"""One receipt over several debts, adjustments and interest."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.execute(TERMS)
    op.execute(RECEIPTS)
    op.execute(ADJUSTMENTS)
    op.execute(REASONS)
    op.execute(INTEREST)


def downgrade() -> None:
    raise NotImplementedError("data only moves forward: restore a backup instead")


TERMS = """
alter table contract
  add column spread_rule text not null default 'oldest_first' constraint contract_spread_known
    check (spread_rule in ('oldest_first', 'largest_first', 'smallest_first', 'proportional')),
  add column interest_bp int not null default 0 constraint contract_interest_range
    check (interest_bp between 0 and 10000);
"""

# A receipt's number comes out of the transfers' own series, so that no two receipts can have the same.
RECEIPTS = """
create table receipt (
  id             bigint primary key,
  agency_id      int not null,
  account_id     bigint not null,
  submission_id  uuid not null,
  request_hash   bytea not null,
  amount         bigint not null constraint receipt_amount_positive check (amount > 0),
  currency       char(3) not null,
  basis          text not null constraint receipt_basis_known check (basis in ('policy', 'operator', 'payer')),
  instruction    text constraint receipt_instruction_known
    check (instruction in ('memo', 'letter', 'phone', 'email', 'in_person')),
  rule           text,
  rule_client_id int,
  rule_since     date,
  rules_agree    boolean not null,
  effective_on   date not null,
  recorded_at    timestamptz not null,
  user_id        int not null,
  constraint receipt_submission_key unique (submission_id),
  constraint receipt_instruction_said check ((basis = 'payer') = (instruction is not null)),
  constraint receipt_rule_named check ((basis = 'policy') = (rule is not null))
);

create table receipt_part (
  receipt_id bigint not null references receipt,
  no         smallint not null,
  agency_id  int not null,
  account_id bigint not null,
  payment_id bigint,
  skipped    text,
  primary key (receipt_id, no),
  constraint receipt_part_paid_or_skipped check ((payment_id is null) = (skipped is not null))
);
create unique index receipt_part_payment_idx on receipt_part (payment_id) where payment_id is not null;
create index receipt_part_account_idx on receipt_part (account_id, receipt_id);
"""

ADJUSTMENTS = """
create table adjustment_reason (
  kind      text not null constraint adjustment_reason_kind
    check (kind in ('fee', 'cost', 'write_off', 'correct_up', 'correct_down', 'reversal')),
  name      text not null,
  what      text not null,
  closes_as text references closing_reason,
  primary key (kind, name)
);

create table adjustment_limit (
  agency_id int not null references agency,
  role      text not null references roles,
  kind      text not null constraint adjustment_limit_kind
    check (kind in ('fee', 'cost', 'write_off', 'correct_up', 'correct_down')),
  most      bigint not null constraint adjustment_limit_range check (most between 0 and 1000000000000000),
  primary key (agency_id, role, kind)
);

create table adjustment (
  id            bigint primary key,
  agency_id     int not null,
  account_id    bigint not null,
  submission_id uuid not null,
  request_hash  bytea not null,
  kind          text not null constraint adjustment_kind_known
    check (kind in ('fee', 'cost', 'write_off', 'correct_up', 'correct_down')),
  reason        text not null,
  amount        bigint not null constraint adjustment_amount_positive check (amount > 0),
  currency      char(3) not null,
  parts         bigint[] not null,
  due_before    bigint[] not null,
  closed_as     text,
  effective_on  date not null,
  recorded_at   timestamptz not null,
  user_id       int not null,
  reverses      bigint,
  constraint adjustment_submission_key unique (submission_id),
  constraint adjustment_parts_sum check (array_length(parts, 1) = 4 and 0 <= all (parts)
    and parts[1] + parts[2] + parts[3] + parts[4] = amount)
);
create index adjustment_account_idx on adjustment (account_id, id);

-- One adjustment, weighed by every rule: what posting it would do. `due` and `version` are the state after it.
create type weighed_adjustment as (
  ord           int,
  outcome       text,
  submission_id uuid,
  request_hash  bytea,
  adjustment_id bigint,
  reverses      bigint,
  account_id    bigint,
  number        text,
  debtor        text,
  status        text,
  book_id       int,
  kind          text,
  reason        text,
  amount        bigint,
  currency      text,
  bucket        int,
  parts         bigint[],
  due_before    bigint[],
  due           bigint[],
  held          bigint,
  version       bigint,
  most          bigint,
  used          bigint,
  closes_as     text,
  effective_on  date,
  recorded_at   timestamptz,
  entered_by    text
);
"""

REASONS = """
insert into closing_reason values ('written_off', 'kernel');
insert into adjustment_reason values
  ('fee', 'returned_payment', 'the bank returned a payment', null),
  ('fee', 'late_payment', 'late payment, where the contract and the law allow it', null),
  ('fee', 'agreed', 'agreed with the debtor', null),
  ('cost', 'court', 'court costs', null),
  ('cost', 'attorney', 'attorney''s costs', null),
  ('cost', 'tracing', 'finding an address', null),
  ('cost', 'postage', 'registered letters', null),
  ('write_off', 'small_balance', 'too small to go on', 'written_off'),
  ('write_off', 'hardship', 'given up for hardship', 'written_off'),
  ('write_off', 'goodwill', 'given up by agreement with the client', 'written_off'),
  ('write_off', 'uncollectable', 'nothing can be collected', 'uncollectable'),
  ('write_off', 'bankrupt', 'discharged in bankruptcy', 'bankrupt'),
  ('write_off', 'deceased', 'died without an estate', 'deceased'),
  ('write_off', 'statute_barred', 'too old to be collected', 'statute_barred'),
  ('correct_up', 'placed_too_low', 'the client placed too little', null),
  ('correct_up', 'client_statement', 'by a new statement of the client', null),
  ('correct_down', 'placed_too_high', 'the client placed too much', 'placed_in_error'),
  ('correct_down', 'paid_before_placement', 'paid to the client before it was placed', 'placed_in_error'),
  ('correct_down', 'client_statement', 'by a new statement of the client', 'placed_in_error'),
  ('reversal', 'void', 'entered in error', null),
  ('reversal', 'waived', 'waived after all', null);
"""

# Days run from the first to, but not including, the last; an open end is today's and every later day.
INTEREST = """
create table interest_off (
  id         bigint generated always as identity primary key,
  agency_id  int not null,
  account_id bigint not null,
  from_on    date not null,
  to_on      date,
  constraint interest_off_forward check (to_on >= from_on)
);
create index interest_off_account_idx on interest_off (account_id);
create unique index interest_off_once on interest_off (account_id) where to_on is null;

create table interest_pause (
  id         bigint generated always as identity primary key,
  agency_id  int not null,
  account_id bigint not null references account,
  from_on    date not null,
  to_on      date,
  note       text not null constraint interest_pause_note_length check (length(note) between 1 and 400),
  paused_by  int not null references users,
  resumed_by int references users,
  constraint interest_pause_forward check (to_on >= from_on)
);
create index interest_pause_account_idx on interest_pause (account_id);
create unique index interest_pause_once on interest_pause (account_id) where to_on is null;

create table interest_run (
  agency_id     int not null,
  day           date not null,
  after_account bigint not null default 0,
  accounts      bigint not null default 0,
  posted        bigint not null default 0,
  done_at       timestamptz,
  primary key (agency_id, day)
);

insert into interest_off (agency_id, account_id, from_on)
select agency_id, id, placed_on from account where status in ('disputed', 'settled', 'closed');
"""
