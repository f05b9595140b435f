"""Months of the trail that have left the database: where they lie, that they were read back, and when they went."""

from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.execute(ARCHIVE)


def downgrade() -> None:
    raise NotImplementedError("data only moves forward: restore a backup instead")


# A part holds the rows of a month that a run of seals covers. What stands here once is never changed: reading back and
# dropping are rows of their own.
ARCHIVE = """
create table audit_online (
  id     int primary key default 0 constraint audit_online_one_row check (id = 0),
  months int not null constraint audit_online_months_range check (months between 3 and 600)
);

create table audit_archive (
  agency_id  int not null,
  month      date not null constraint audit_archive_month_first check (extract(day from month) = 1),
  part       int not null constraint audit_archive_part_positive check (part > 0),
  first_seal bigint not null,
  last_seal  bigint not null,
  rows       int not null constraint audit_archive_rows_positive check (rows > 0),
  sha256     bytea not null constraint audit_archive_sha256_length check (length(sha256) = 32),
  file_id    bigint not null references file,
  made_at    timestamptz not null,
  made_by    int not null references users,
  primary key (agency_id, month, part),
  constraint audit_archive_seals_forward check (first_seal <= last_seal)
);

create table audit_archive_check (
  agency_id  int not null,
  month      date not null,
  part       int not null,
  checked_at timestamptz not null,
  user_id    int not null references users,
  primary key (agency_id, month, part, checked_at),
  foreign key (agency_id, month, part) references audit_archive
);

create table audit_archive_dropped (
  month      date primary key,
  id         int not null
    generated always as ((extract(year from month) * 100 + extract(month from month))::int) stored,
  rows       bigint not null,
  dropped_at timestamptz not null
);
"""
