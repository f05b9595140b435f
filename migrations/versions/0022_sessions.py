"""Who is signed in, from where, doing what; when they last proved who they are; who was shut out, and how far failed
sign-ins are read."""

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.execute(SESSIONS)
    op.execute(LIMITS)
    op.execute(SIGN_INS)


def downgrade() -> None:
    raise NotImplementedError("data only moves forward: restore a backup instead")


# `proved_by` is when the connection that proved it was made: one connection proves one thing. `secret` is the
# database's own: what it has said in a session is known again by it.
SESSIONS = """
alter table session
  add proved_at timestamptz,
  add proved_by timestamptz,
  add address inet,
  add doing text constraint session_doing_length check (length(doing) between 1 and 120),
  add begun_in xid8 not null default pg_current_xact_id(),
  add secret uuid not null default gen_random_uuid();
create index session_live_idx on session (agency_id, login) where ended_at is null;
"""

LIMITS = """
alter table office_limit drop constraint office_limit_what;
alter table office_limit add constraint office_limit_what check (
  what in ('payment', 'fee', 'cost', 'write_off', 'correct_up', 'correct_down', 'settlement', 'export',
           'refund_freely'));
"""

SIGN_INS = """
alter table users add locked_at timestamptz;

create table signin_log (
  agency_id int primary key references agency,
  file      text,
  place     bigint not null default 0,
  read_at   timestamptz,
  trouble   text
);
"""
