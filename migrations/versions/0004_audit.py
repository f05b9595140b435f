"""The audit trail by month, and the erasable side table for personal values."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute(AUDIT)


def downgrade() -> None:
    raise NotImplementedError("data only moves forward: restore a backup instead")


# The key leads with the column that the policies compare. Agency 0 is the installation itself: acts without a session.
AUDIT = """
create table audit_log (
  id         bigint generated always as identity,
  at         timestamptz not null,
  agency_id  int not null,
  user_id    int,
  session_id bigint,
  login      text not null,
  act        text not null,
  entity     text not null,
  entity_id  bigint not null,
  entity_ref text,
  before     jsonb,
  after      jsonb,
  reason     text,
  xid        xid8 not null default pg_current_xact_id(),
  primary key (agency_id, at, id)
) partition by range (at);
create index audit_log_user_idx on audit_log (user_id, at, id);
create index audit_log_act_idx on audit_log (agency_id, act, at, id);
create index audit_log_entity_idx on audit_log (entity, entity_id, at, id);

create table audit_personal (
  audit_id bigint not null,
  path     text not null,
  salt     bytea not null,
  value    text not null,
  primary key (audit_id, path)
);
"""
