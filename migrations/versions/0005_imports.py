"""Files as sent, and the review between a file and the accounts."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute(IMPORTS)
    op.execute(PERSONS)


def downgrade() -> None:
    raise NotImplementedError("data only moves forward: restore a backup instead")


# The intake holds a row only inside the transaction that sends it, so it needs no write-ahead log; it has no row-level
# security, because COPY refuses tables that have it, and nobody may read it.
IMPORTS = """
create table file (
  id        bigint generated always as identity primary key,
  agency_id int not null references agency,
  sha256    bytea not null,
  size      bigint generated always as (length(bytes)) stored,
  bytes     bytea not null,
  stored_at timestamptz not null,
  constraint file_content_key unique (agency_id, sha256),
  constraint file_addressed_by_content check (sha256 = sha256(bytes))
);

create table import_batch (
  id          bigint generated always as identity primary key,
  agency_id   int not null references agency,
  client_id   int not null references client,
  file_id     bigint not null references file,
  file_name   text not null constraint batch_file_name_length check (length(file_name) between 1 and 200),
  encoding    text not null,
  delimiter   text not null,
  state       text not null default 'in_review' constraint batch_state_known
    check (state in ('in_review', 'releasing', 'released', 'rejected')),
  rows        int not null constraint batch_has_rows check (rows > 0),
  valid       int not null default 0,
  warnings    int not null default 0,
  errors      int not null default 0,
  duplicates  int not null default 0,
  excluded    int not null default 0,
  released    int not null default 0,
  staged_by   int not null references users,
  staged_at   timestamptz not null,
  placed_on   date,
  finished_at timestamptz,
  reason      text constraint batch_reason_length check (length(reason) between 1 and 400),
  constraint batch_finished_has_time check ((state in ('released', 'rejected')) = (finished_at is not null))
);
create unique index import_batch_file_once on import_batch (file_id) where state <> 'rejected';
create index import_batch_agency_idx on import_batch (agency_id, id);

create table import_row (
  batch_id   bigint not null references import_batch,
  row_no     int not null constraint import_row_number_positive check (row_no > 0),
  agency_id  int not null,
  line       int not null,
  raw        text not null,
  cells      jsonb not null constraint import_row_cells_shape check (jsonb_typeof(cells) = 'object'),
  findings   jsonb not null constraint import_row_findings_shape check (jsonb_typeof(findings) = 'array'),
  parsed     jsonb,
  ref        text collate "C" constraint import_row_ref_length check (length(ref) between 1 and 64),
  state      text not null constraint import_row_state_known
    check (state in ('valid', 'warning', 'error', 'duplicate', 'excluded', 'released')),
  version    int not null default 1,
  reason     text constraint import_row_reason_length check (length(reason) between 1 and 400),
  account_id bigint references account,
  primary key (batch_id, row_no),
  constraint import_row_released_has_account check ((state = 'released') = (account_id is not null)),
  constraint import_row_excluded_has_reason check (state <> 'excluded' or reason is not null),
  constraint import_row_good_is_parsed check (state not in ('valid', 'warning', 'released') or parsed is not null)
);
create index import_row_state_idx on import_row (batch_id, state, row_no);
create index import_row_ref_idx on import_row (batch_id, ref);
create index import_row_found_idx on import_row (batch_id, row_no) where findings <> '[]';

create unlogged table import_intake (
  upload   uuid not null,
  row_no   int not null,
  line     int not null,
  raw      text not null,
  ref      text,
  cells    jsonb not null,
  findings jsonb not null,
  parsed   jsonb
);
"""

# Two debts are one person's only where the name and the last four digits agree: that is where the search begins.
PERSONS = """
create index debtor_likeness_idx on debtor (agency_id, ssn_last4, last_norm, first_norm, id)
  where ssn_last4 is not null;
"""
