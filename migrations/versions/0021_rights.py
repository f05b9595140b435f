"""Who may do what, how much of it, and what takes two persons: an agency's own answers, beside the shipped ones."""

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.execute(ACTS)
    op.execute(LIMITS)
    op.execute(TWO_PERSONS)


def downgrade() -> None:
    raise NotImplementedError("data only moves forward: restore a backup instead")


# The acts of a release are written anew at every upgrade; what an agency has said about them stays.
ACTS = """
create table office_act (
  name     text primary key,
  family   text not null,
  place    smallint not null,
  what     text not null,
  refusal  text not null,
  rule     text not null,
  shipped  text[] not null,
  possible text[] not null,
  two      boolean not null,
  constraint office_act_shipped_possible check (shipped <@ possible)
);

create table permission (
  agency_id int not null references agency,
  act       text not null,
  role      text not null references roles,
  allowed   boolean not null,
  primary key (agency_id, act, role),
  constraint permission_role_person check (role in ('agency_admin', 'supervisor', 'collector', 'readonly'))
);
"""

# What a role may do of an adjustment was the first limit; it becomes one of several.
LIMITS = """
create table office_limit (
  agency_id int not null references agency,
  what      text not null constraint office_limit_what check (
    what in ('payment', 'fee', 'cost', 'write_off', 'correct_up', 'correct_down', 'settlement', 'export')),
  role      text references roles,
  user_id   int references users,
  most      bigint not null constraint office_limit_range check (most between 0 and 1000000000000000),
  constraint office_limit_whose check (num_nonnulls(role, user_id) = 1)
);
create unique index office_limit_role_key on office_limit (agency_id, what, role) where role is not null;
create unique index office_limit_user_key on office_limit (agency_id, what, user_id) where user_id is not null;

insert into office_limit (agency_id, what, role, most)
select agency_id, kind, role, most from adjustment_limit;
drop table adjustment_limit;
"""

TWO_PERSONS = """
create table two_person (
  agency_id int not null references agency,
  act       text not null,
  wanted    boolean not null,
  primary key (agency_id, act)
);

create table approval (
  id         bigint generated always as identity primary key,
  agency_id  int not null references agency,
  act        text not null,
  what       text not null constraint approval_what_length check (length(what) between 1 and 4000),
  facts      jsonb not null,
  asked_by   int not null references users,
  asked_at   timestamptz not null,
  decided_by int references users,
  decided_at timestamptz,
  approved   boolean,
  used_at    timestamptz,
  constraint approval_by_another check (decided_by <> asked_by),
  constraint approval_decided_whole
    check (num_nonnulls(decided_by, decided_at, approved) in (0, 3)),
  constraint approval_used_approved check (used_at is null or approved)
);
create index approval_open_idx on approval (agency_id, asked_by, act) where used_at is null;
"""
