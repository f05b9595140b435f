"""Seals over the audit trail, the digests that were given out of them, and who checked them."""

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.execute(SEALS)


def downgrade() -> None:
    raise NotImplementedError("data only moves forward: restore a backup instead")


# A seal is narrow, so that a chain of years is read at once; what it covers stands beside it, one value a row in each
# array. Hashes do not shrink, so nothing is tried on the arrays. Agency 0 is the installation itself.
SEALS = """
create table audit_seal (
  agency_id int not null,
  number    bigint not null constraint audit_seal_number_positive check (number > 0),
  previous  bytea not null constraint audit_seal_previous_length check (length(previous) = 32),
  rows      int not null constraint audit_seal_rows_positive check (rows > 0),
  total     bigint not null constraint audit_seal_total_counted check (total >= rows),
  root      bytea not null constraint audit_seal_root_length check (length(root) = 32),
  first_at  timestamptz not null,
  last_at   timestamptz not null,
  last_id   bigint not null,
  sealed_at timestamptz not null,
  pass      bigint not null,
  pass_at   timestamptz not null,
  pass_xmax xid8 not null,
  low       xid8,
  below     xid8 not null,
  cluster   bigint not null,
  more      boolean not null,
  head      bytea not null constraint audit_seal_head_length check (length(head) = 32),
  primary key (agency_id, number)
);

create table audit_sealed (
  agency_id   int not null,
  number      bigint not null,
  leaves      bytea not null,
  ids         bigint[] not null,
  ats         timestamptz[] not null,
  user_ids    int[] not null,
  session_ids bigint[] not null,
  logins      int[] not null,
  acts        int[] not null,
  entities    int[] not null,
  entity_ids  bigint[] not null,
  entity_refs int[] not null,
  befores     int[] not null,
  afters      int[] not null,
  reasons     int[] not null,
  xids        bigint[] not null,
  primary key (agency_id, number),
  foreign key (agency_id, number) references audit_seal
);
alter table audit_sealed
  alter leaves set storage external, alter ids set storage external, alter ats set storage external,
  alter logins set storage external, alter acts set storage external, alter entities set storage external,
  alter befores set storage external, alter afters set storage external;

create table audit_digest (
  agency_id int not null,
  number    bigint not null,
  made_at   timestamptz not null,
  document  text not null constraint audit_digest_length check (length(document) between 1 and 4000),
  primary key (agency_id, number, made_at),
  foreign key (agency_id, number) references audit_seal
);

create table audit_check (
  id         bigint generated always as identity primary key,
  agency_id  int not null references agency,
  chain      int not null constraint audit_check_chain_own check (chain in (0, agency_id)),
  first      bigint not null,
  last       bigint not null,
  findings   bigint not null constraint audit_check_findings_counted check (findings >= 0),
  checked_at timestamptz not null,
  user_id    int not null references users,
  constraint audit_check_range_forward check (first <= last)
);
create index audit_check_agency_idx on audit_check (agency_id, chain, id);
"""
