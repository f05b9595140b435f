"""Clients, contracts, debtors, accounts and the work done on them."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(CLIENTS)
    op.execute(ACCOUNTS)
    op.execute(WORK)
    op.execute(SEARCH)


def downgrade() -> None:
    raise NotImplementedError("data only moves forward: restore a backup instead")


CLIENTS = """
create table book (
  id        int generated always as identity primary key,
  agency_id int not null references agency,
  currency  char(3) not null constraint book_currency_form check (currency ~ '^[A-Z]{3}$')
);

create table client (
  id              int generated always as identity primary key,
  agency_id       int not null references agency,
  book_id         int not null references book,
  code            text not null constraint client_code_form check (code ~ '^[A-Z][A-Z0-9_]{1,15}$'),
  name            text not null constraint client_name_length check (length(name) between 1 and 120),
  assignment_rule text not null constraint client_rule_known
    check (assignment_rule in ('one_collector', 'round_robin')),
  turn            bigint not null default 0,
  constraint client_code_key unique (agency_id, code)
);

create table client_collector (
  client_id int not null references client,
  position  smallint not null,
  user_id   int not null references users,
  primary key (client_id, position),
  constraint client_collector_once unique (client_id, user_id)
);

create table contract (
  id            int generated always as identity primary key,
  agency_id     int not null references agency,
  client_id     int not null references client,
  starts_on     date not null,
  commission_bp int not null constraint contract_commission_range check (commission_bp between 0 and 10000),
  bucket_order  smallint[] not null
    constraint contract_order_complete check (bucket_order @> '{1,2,3,4}' and array_length(bucket_order, 1) = 4),
  constraint contract_client_start_key unique (client_id, starts_on)
);
"""

ACCOUNTS = """
create table person (
  id        bigint generated always as identity primary key,
  agency_id int not null references agency
);

create table debtor (
  id         bigint generated always as identity primary key,
  agency_id  int not null references agency,
  person_id  bigint references person,
  name       text not null constraint debtor_name_length check (length(name) between 1 and 200),
  first_norm text collate "C" not null,
  last_norm  text collate "C" not null,
  ssn_last4  text constraint debtor_ssn_form check (ssn_last4 ~ '^[0-9]{4}$')
);
create index debtor_person_idx on debtor (person_id) where person_id is not null;

create table debtor_contact (
  id         bigint generated always as identity primary key,
  agency_id  int not null references agency,
  debtor_id  bigint not null references debtor,
  kind       text not null constraint contact_kind_known check (kind in ('phone', 'email', 'address')),
  value      text not null constraint contact_value_length check (length(value) between 1 and 400),
  label      text not null default '' constraint contact_label_length check (length(label) <= 60),
  is_primary boolean not null default false,
  removed_at timestamptz
);
create index debtor_contact_debtor_idx on debtor_contact (debtor_id);

create table status_move (
  from_status  text not null,
  to_status    text not null,
  made_by      text not null constraint status_move_maker check (made_by in ('person', 'kernel')),
  needs_reason boolean not null,
  primary key (from_status, to_status)
);
insert into status_move values
  ('new',          'assigned',     'kernel', false),
  ('assigned',     'in_contact',   'person', false),
  ('in_contact',   'negotiating',  'person', false),
  ('negotiating',  'payment_plan', 'person', false),
  ('payment_plan', 'negotiating',  'person', true),
  ('negotiating',  'in_contact',   'person', true),
  ('new',          'disputed',     'person', true),
  ('assigned',     'disputed',     'person', true),
  ('in_contact',   'disputed',     'person', true),
  ('negotiating',  'disputed',     'person', true),
  ('payment_plan', 'disputed',     'person', true),
  ('disputed',     'new',          'person', true),
  ('disputed',     'assigned',     'person', true),
  ('disputed',     'in_contact',   'person', true),
  ('disputed',     'negotiating',  'person', true),
  ('disputed',     'payment_plan', 'person', true),
  ('new',          'closed',       'person', true),
  ('assigned',     'closed',       'person', true),
  ('in_contact',   'closed',       'person', true),
  ('negotiating',  'closed',       'person', true),
  ('payment_plan', 'closed',       'person', true),
  ('disputed',     'closed',       'person', true),
  ('closed',       'new',          'kernel', false),
  ('closed',       'assigned',     'kernel', false),
  ('closed',       'in_contact',   'kernel', false),
  ('closed',       'negotiating',  'kernel', false),
  ('closed',       'payment_plan', 'kernel', false),
  ('closed',       'disputed',     'kernel', false);

create table closing_reason (
  name    text primary key,
  made_by text not null constraint closing_reason_maker check (made_by in ('person', 'kernel'))
);
insert into closing_reason values
  ('paid_in_full', 'kernel'),
  ('recalled', 'person'),
  ('uncollectable', 'person'),
  ('bankrupt', 'person'),
  ('deceased', 'person'),
  ('statute_barred', 'person'),
  ('placed_in_error', 'person');

create table account (
  id              bigint generated always as identity primary key,
  agency_id       int not null references agency,
  client_id       int not null references client,
  collector_id    int references users,
  debtor_id       bigint not null references debtor,
  number          text collate "C" not null,
  external_ref    text collate "C" not null constraint account_ref_length check (length(external_ref) between 1 and 64),
  debtor_name     text not null,
  last_norm       text collate "C" not null,
  first_norm      text collate "C" not null,
  status          text not null default 'new' constraint account_status_known
    check (status in ('new', 'assigned', 'in_contact', 'negotiating', 'payment_plan', 'disputed', 'settled', 'closed')),
  status_before   text,
  closed_reason   text references closing_reason,
  priority        smallint not null default 2 constraint account_priority_range check (priority between 0 and 3),
  currency        char(3) not null,
  original_amount bigint not null constraint account_original_positive check (original_amount > 0),
  account_type    text,
  creditor_name   text,
  placed_on       date not null,
  due_on          date,
  charge_off_on   date,
  follow_up_on    date,
  import_batch_id bigint,
  import_row      int,
  constraint account_number_key unique (agency_id, number),
  constraint account_external_ref_key unique (client_id, external_ref),
  constraint account_closed_has_reason check ((status = 'closed') = (closed_reason is not null)),
  constraint account_import_row_key unique (import_batch_id, import_row)
);
create index account_collector_number_idx on account (collector_id, number);
create index account_agency_follow_idx on account (agency_id, follow_up_on, id)
  where status not in ('closed', 'settled');
create index account_collector_follow_idx on account (collector_id, follow_up_on, id)
  where status not in ('closed', 'settled');
create index account_debtor_idx on account (debtor_id);

create table account_balance (
  account_id      bigint primary key references account,
  agency_id       int not null,
  collector_id    int,
  currency        char(3) not null,
  due             bigint[] not null
    constraint balance_buckets_not_negative check (array_length(due, 1) = 4 and 0 <= all (due)),
  unapplied       bigint not null default 0 constraint balance_unapplied_not_negative check (unapplied >= 0),
  version         bigint not null default 1,
  last_payment_on date,
  last_posted_at  timestamptz
) with (fillfactor = 70);
"""

WORK = """
create table activity (
  id            bigint generated always as identity primary key,
  agency_id     int not null references agency,
  account_id    bigint not null references account,
  at            timestamptz not null,
  user_id       int references users,
  kind          text not null constraint activity_kind_known
    check (kind in ('note', 'call', 'status', 'assignment', 'import', 'follow_up', 'contact', 'flag')),
  text          text not null default '' constraint activity_text_length check (length(text) <= 4000),
  outcome       text,
  promised_on   date,
  promised      bigint constraint activity_promise_positive check (promised > 0)
);
create index activity_account_idx on activity (account_id, id);

create table account_flag (
  id         bigint generated always as identity primary key,
  agency_id  int not null references agency,
  account_id bigint not null references account,
  kind       text not null constraint flag_kind_known
    check (kind in ('cease_and_desist', 'attorney', 'bankrupt', 'deceased', 'dispute')),
  note       text not null default '' constraint flag_note_length check (length(note) <= 400),
  raised_at  timestamptz not null,
  raised_by  int not null references users,
  lifted_at  timestamptz,
  lifted_by  int references users
);
create unique index account_flag_once on account_flag (account_id, kind) where lifted_at is null;

create table account_viewer (
  account_id bigint not null references account,
  user_id    int not null references users,
  session_id bigint not null,
  since      timestamptz not null,
  seen_at    timestamptz not null,
  primary key (account_id, session_id)
);
"""

# Search keys are derived from accounts and written many at a time: a foreign key would cost more than the rows
# themselves.
SEARCH = """
create table search_key (
  account_id   bigint not null,
  agency_id    int not null,
  collector_id int,
  kind         text collate "C" not null constraint search_kind_known
    check (kind in ('name', 'ref', 'phone', 'phone_tail', 'email', 'ssn4')),
  key          text collate "C" not null,
  primary key (account_id, kind, key)
);
create index search_key_agency_idx on search_key (agency_id, kind, key, account_id);
create index search_key_collector_idx on search_key (collector_id, kind, key, account_id);

create table name_token (
  agency_id int not null references agency,
  token     text collate "C" not null,
  primary key (agency_id, token)
);
create index name_token_trigram_idx on name_token using gin (token public.gin_trgm_ops);

-- What narrows a lookup; a null says nothing, and every range includes its ends.
create type lookup_filter as (
  statuses      text[],
  client        text,
  collector     text,
  flag          text,
  priority_from int,
  priority_to   int,
  currency      text,
  balance_from  bigint,
  balance_to    bigint,
  follow_from   date,
  follow_to     date
);

-- Where a lookup stands: the reading and tier of the search, then the last row's own place in it.
create type lookup_place as (
  reading int,
  tier    int,
  typos   int,
  token   text,
  key     text,
  id      bigint
);
"""
