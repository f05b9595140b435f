"""Saved payment methods, charges at a provider, refunds, disputes and the circuit breaker."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute(METHODS)
    op.execute(CHARGES)
    op.execute(RETURNS)
    op.execute(BREAKER)


def downgrade() -> None:
    raise NotImplementedError("data only moves forward: restore a backup instead")


# No number of a card or bank account is ever here: only the provider's names for them, and what people know
# them by.
METHODS = """
create table gateway_customer (
  id          bigint generated always as identity primary key,
  agency_id   int not null references agency,
  debtor_id   bigint not null references debtor,
  gateway     text not null,
  key         uuid not null constraint gateway_customer_key unique,
  provider_id text,
  made_at     timestamptz not null,
  constraint gateway_customer_once unique (debtor_id, gateway)
);

create table saved_method (
  id          bigint generated always as identity primary key,
  agency_id   int not null references agency,
  debtor_id   bigint not null references debtor,
  gateway     text not null,
  provider_id text not null constraint saved_method_token check (provider_id ~ '^[A-Za-z_0-9]{1,100}$'),
  kind        text not null constraint saved_method_kind check (kind in ('card', 'us_bank_account')),
  brand       text not null constraint saved_method_brand check (length(brand) <= 60),
  last4       text not null constraint saved_method_last4 check (last4 ~ '^[0-9]{4}$'),
  expires     text constraint saved_method_expires check (expires ~ '^(0[1-9]|1[0-2])/[0-9]{2}$'),
  added_at    timestamptz not null,
  removed_at  timestamptz,
  constraint saved_method_once unique (agency_id, gateway, provider_id)
);
create index saved_method_debtor_idx on saved_method (debtor_id);
"""

# A charge's id is the form's submission, the provider's idempotency key and, once posted, the payment's submission.
CHARGES = """
create table charge (
  id              uuid primary key,
  agency_id       int not null references agency,
  account_id      bigint not null references account,
  user_id         int not null references users,
  gateway         text not null,
  kind            text not null constraint charge_kind_known check (kind in ('saved', 'link')),
  method          text not null constraint charge_method_known check (method in ('card', 'us_bank_account')),
  saved_method_id bigint references saved_method,
  save            boolean not null default false,
  request_hash    bytea not null,
  amount          bigint not null constraint charge_amount_positive check (amount > 0),
  currency        char(3) not null,
  state           text not null constraint charge_state_known
    check (state in ('pending', 'unknown', 'processing', 'posted', 'failed', 'expired', 'canceled')),
  reason          text constraint charge_reason_length check (length(reason) <= 200),
  late            boolean not null default false,
  told            bigint,
  told_currency   text constraint charge_told_currency_length check (length(told_currency) <= 3),
  told_id         text constraint charge_told_id_length check (length(told_id) <= 100),
  provider_id     text constraint charge_provider_length check (length(provider_id) <= 100),
  link_id         text constraint charge_link_length check (length(link_id) <= 100),
  url             text constraint charge_url_form check (url ~ '^https?://[!-~]+$' and length(url) <= 2000),
  expires_at      timestamptz,
  started_at      timestamptz not null,
  called_at       timestamptz,
  settled_at      timestamptz,
  next_ask_at     timestamptz,
  confirm_at      timestamptz,
  asks            smallint not null default 0,
  lease           uuid,
  lease_until     timestamptz,
  payment_id      bigint,
  version         int not null default 1,
  constraint charge_posted_has_payment check ((state = 'posted') = (payment_id is not null)),
  constraint charge_saved_has_method check ((kind = 'saved') = (saved_method_id is not null))
) with (fillfactor = 70);
create index charge_account_idx on charge (account_id, started_at);
create index charge_due_idx on charge (agency_id, next_ask_at) where next_ask_at is not null;
create index charge_unconfirmed_idx on charge (agency_id, confirm_at) where confirm_at is not null;
create unique index charge_provider_once on charge (agency_id, gateway, provider_id) where provider_id is not null;
create unique index charge_payment_once on charge (payment_id) where payment_id is not null;
"""

# Money on its way back. What was posted of it is a payment that reverses the original.
RETURNS = """
create table refund (
  id           uuid primary key,
  agency_id    int not null references agency,
  account_id   bigint not null references account,
  charge_id    uuid not null references charge,
  payment_id   bigint not null,
  user_id      int not null references users,
  origin       text not null constraint refund_origin_known check (origin in ('desk', 'provider')),
  request_hash bytea not null,
  amount       bigint not null constraint refund_amount_positive check (amount > 0),
  currency     char(3) not null,
  state        text not null constraint refund_state_known check (state in ('pending', 'unknown', 'posted', 'failed')),
  reason       text constraint refund_reason_length check (length(reason) <= 200),
  provider_id  text constraint refund_provider_length check (length(provider_id) <= 100),
  started_at   timestamptz not null,
  called_at    timestamptz,
  settled_at   timestamptz,
  next_ask_at  timestamptz,
  confirm_at   timestamptz,
  asks         smallint not null default 0,
  lease        uuid,
  lease_until  timestamptz,
  posted_id    bigint
) with (fillfactor = 70);
create index refund_payment_idx on refund (payment_id);
create index refund_due_idx on refund (agency_id, next_ask_at) where next_ask_at is not null;
create index refund_unconfirmed_idx on refund (agency_id, confirm_at) where confirm_at is not null;

create table dispute (
  id          bigint generated always as identity primary key,
  agency_id   int not null references agency,
  account_id  bigint not null references account,
  charge_id   uuid not null references charge,
  gateway     text not null,
  provider_id text not null constraint dispute_provider_length check (length(provider_id) <= 100),
  amount      bigint not null constraint dispute_amount_positive check (amount > 0),
  currency    char(3) not null,
  fee         bigint not null default 0 constraint dispute_fee_not_negative check (fee >= 0),
  state       text not null constraint dispute_state_known check (state in ('open', 'won', 'lost')),
  reason      text not null constraint dispute_reason_length check (length(reason) <= 200),
  opened_at   timestamptz not null,
  heard_at    timestamptz not null,
  closed_at   timestamptz,
  returned_id bigint,
  regained_id bigint,
  constraint dispute_once unique (agency_id, gateway, provider_id)
);
create index dispute_charge_idx on dispute (charge_id);
"""

BREAKER = """
create table breaker (
  agency_id   int not null references agency,
  gateway     text not null,
  state       text not null default 'closed' constraint breaker_state_known
    check (state in ('closed', 'open', 'half_open')),
  failures    int not null default 0,
  opened      int not null default 0,
  cause       text constraint breaker_cause_length check (length(cause) <= 200),
  since       timestamptz not null,
  next_try_at timestamptz,
  probe       uuid,
  probe_until timestamptz,
  primary key (agency_id, gateway),
  constraint breaker_open_has_next check ((state = 'open') = (next_try_at is not null)),
  constraint breaker_half_open_has_probe check ((state = 'half_open') = (probe is not null and probe_until is not null))
) with (fillfactor = 50);
"""
