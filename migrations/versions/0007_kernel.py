"""Holds, closed months, service logins, and more kinds of transfer."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute(KERNEL)
    op.execute(EVENTS)


def downgrade() -> None:
    raise NotImplementedError("data only moves forward: restore a backup instead")


KERNEL = """
alter table account_balance
  add column held bigint not null default 0 constraint balance_held_not_negative check (held >= 0);
alter type weighed_payment add attribute held bigint;

create table closed_period (
  agency_id int not null references agency,
  month     date not null constraint closed_period_first_day check (extract(day from month) = 1),
  closed_at timestamptz not null,
  closed_by int not null references users,
  primary key (agency_id, month)
);

insert into roles values
  ('worker', 'the agency''s background work: asks providers, runs plans, keeps times'),
  ('webhook', 'takes in what providers send, and nothing else');

alter table payment_method add column by_hand boolean not null default true;
insert into payment_processor values
  ('stripe', '{card,us_bank_account}', 'taken by Stripe, paid out into the trust account');
insert into payment_method values
  ('card', 'stripe', true, false),
  ('us_bank_account', 'stripe', true, false);

alter table transfer
  drop constraint transfer_kind_known,
  add constraint transfer_kind_known check (kind in (
    'placement', 'payment', 'reversal', 'refund', 'adjustment', 'write_off', 'interest', 'gateway_fee', 'transfer'));

insert into status_move values
  ('new',          'settled',      'kernel', false),
  ('assigned',     'settled',      'kernel', false),
  ('in_contact',   'settled',      'kernel', false),
  ('negotiating',  'settled',      'kernel', false),
  ('payment_plan', 'settled',      'kernel', false),
  ('disputed',     'settled',      'kernel', false),
  ('settled',      'new',          'kernel', false),
  ('settled',      'assigned',     'kernel', false),
  ('settled',      'in_contact',   'kernel', false),
  ('settled',      'negotiating',  'kernel', false),
  ('settled',      'payment_plan', 'kernel', false),
  ('settled',      'disputed',     'kernel', false),
  ('settled',      'closed',       'kernel', false);
"""

# The guard against changing events is rebuilt with all triggers at the end of the upgrade.
EVENTS = """
alter table ledger_event add column agency_id int;
alter table ledger_event disable trigger user;
update ledger_event e set agency_id = a.agency_id from account a where a.id = e.aggregateid::bigint;
alter table ledger_event alter column agency_id set not null;
alter table ledger_event enable trigger user;
"""
