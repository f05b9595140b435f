"""Heads-down batches of payments."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    raise NotImplementedError("data only moves forward: restore a backup instead")


# A line holds what was typed, also where no account of that number is known: what lies in the stack of slips counts
# towards its totals. Hence no foreign key to an account, and 15 digits, so that 5,000 numbers add up in a bigint.
TABLES = """
create table payment_batch (
  id             bigint generated always as identity primary key,
  agency_id      int not null references agency,
  submission_id  uuid not null constraint payment_batch_submission_key unique,
  request_hash   bytea not null,
  title          text constraint payment_batch_title_length check (length(title) between 1 and 80),
  currency       char(3) not null,
  expected_count int not null constraint payment_batch_count_range check (expected_count between 1 and 5000),
  expected_sum   bigint not null
    constraint payment_batch_sum_range check (expected_sum between 1 and 1000000000000000),
  expected_hash  bigint constraint payment_batch_hash_range check (expected_hash > 0),
  second_keying  boolean not null,
  state          text not null default 'keying' constraint payment_batch_state_known
    check (state in ('keying', 'second', 'compared', 'part_posted', 'posted', 'cancelled')),
  blind          boolean not null generated always as (second_keying and state in ('keying', 'second')) stored,
  opened_by      int not null references users,
  opened_at      timestamptz not null,
  second_by      int references users,
  finished_at    timestamptz,
  reason         text constraint payment_batch_reason_length check (length(reason) between 1 and 400),
  version        int not null default 1,
  constraint payment_batch_second_is_another check (second_by <> opened_by),
  constraint payment_batch_finished_has_time check ((state in ('posted', 'cancelled')) = (finished_at is not null))
);
create index payment_batch_agency_idx on payment_batch (agency_id, id);

create table payment_batch_posting (
  id            bigint generated always as identity primary key,
  batch_id      bigint not null references payment_batch,
  agency_id     int not null,
  submission_id uuid not null constraint payment_batch_posting_key unique,
  user_id       int not null references users,
  at            timestamptz not null,
  posted        int not null,
  refused       int not null,
  answer        jsonb not null
);
create index payment_batch_posting_batch_idx on payment_batch_posting (batch_id, id);

create table payment_batch_line (
  id              bigint generated always as identity primary key,
  batch_id        bigint not null references payment_batch,
  agency_id       int not null,
  pass            smallint not null constraint payment_batch_pass_range check (pass in (1, 2)),
  no              int not null constraint payment_batch_no_positive check (no > 0),
  submission_id   uuid not null constraint payment_batch_line_submission_key unique,
  account         text not null
    constraint payment_batch_account_form check (account ~ '^[1-9][0-9]{0,14}-[0-9]$'),
  base            bigint not null generated always as (split_part(account, '-', 1)::bigint) stored,
  amount          bigint not null
    constraint payment_batch_amount_range check (amount between 1 and 1000000000000000),
  method          text not null references payment_method,
  reference       text constraint payment_batch_reference_length check (length(reference) between 1 and 100),
  payer           text not null,
  effective_on    date not null,
  allow_duplicate boolean not null,
  overpayment     text not null
    constraint payment_batch_overpayment_known check (overpayment in ('refuse', 'unapplied')),
  dropped         boolean not null default false,
  outcome         text,
  posting_id      bigint references payment_batch_posting,
  payment_id      bigint,
  state           text not null generated always as (case
    when payment_id is not null then 'posted'
    when dropped then 'dropped'
    when posting_id is not null then 'failed'
    else 'open' end) stored,
  keyed_by        int not null references users,
  keyed_at        timestamptz not null,
  version         int not null default 1,
  constraint payment_batch_line_no_key unique (batch_id, pass, no),
  constraint payment_batch_line_second_never_posts check (pass = 1 or payment_id is null),
  constraint payment_batch_line_posted_stays check (payment_id is null or not dropped)
);
create index payment_batch_line_account_idx on payment_batch_line (batch_id, account);
"""
