"""What was revealed to whom, and why; limits are named where they are shipped."""

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.execute(REVEALS)
    op.execute(LIMITS)


def downgrade() -> None:
    raise NotImplementedError("data only moves forward: restore a backup instead")


# The values themselves are never kept. A reason may name somebody, and may have to be forgotten.
REVEALS = """
create table reveal (
  id         bigint generated always as identity primary key,
  agency_id  int not null references agency,
  account_id bigint not null references account,
  user_id    int not null references users,
  field      text not null constraint reveal_field check (field in ('phone', 'email', 'address', 'ssn', 'bank')),
  reason     text not null constraint reveal_reason_length check (length(reason) between 1 and 400),
  shown      int not null constraint reveal_shown_counted check (shown >= 0),
  at         timestamptz not null
);
create index reveal_user_idx on reveal (user_id, at);
create index reveal_account_idx on reveal (account_id);
"""

LIMITS = """
alter table office_limit
  drop constraint office_limit_what,
  add constraint office_limit_what check (what ~ '^[a-z_]{1,40}$');
"""
