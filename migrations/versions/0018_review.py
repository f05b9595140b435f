"""What was found, as an index of its own; what people changed in a batch, and who has approved it."""

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.execute(FOUND)
    op.execute(CHANGES)
    op.execute(SECOND_EYES)


def downgrade() -> None:
    raise NotImplementedError("data only moves forward: restore a backup instead")


# One line for each rule that found something in a row, in the order in which rows are looked at; and their number, so
# that a list of findings costs the same at ten thousand rows and at a million.
FOUND = """
create table import_found (
  batch_id  bigint not null,
  rule      text collate "C" not null,
  row_no    int not null,
  agency_id int not null,
  severity  text not null,
  col       text not null,
  primary key (batch_id, rule, row_no)
);

create table import_tally (
  batch_id  bigint not null,
  rule      text collate "C" not null,
  severity  text not null,
  col       text not null,
  agency_id int not null,
  rows      bigint not null,
  primary key (batch_id, rule, severity, col)
);

insert into import_found (batch_id, rule, row_no, agency_id, severity, col)
select distinct on (r.batch_id, f ->> 'rule', r.row_no)
       r.batch_id, f ->> 'rule', r.row_no, r.agency_id, f ->> 'severity', f ->> 'column'
  from import_row r
 cross join jsonb_array_elements(r.findings) with ordinality as x(f, ord)
 where r.state <> 'excluded'
 order by r.batch_id, f ->> 'rule', r.row_no, ord;

insert into import_tally (batch_id, rule, severity, col, agency_id, rows)
select batch_id, rule, severity, col, agency_id, count(*)
  from import_found
 group by batch_id, rule, severity, col, agency_id;
"""

# What people do to the rows of a batch is kept as it was asked and row by row, so that it can be undone. A change over
# many rows comes in steps, each a transaction; `version` is that of the batch after the step.
CHANGES = """
alter table import_batch add column version int not null default 1;

create table import_change (
  id        bigint generated always as identity primary key,
  agency_id int not null references agency,
  batch_id  bigint not null references import_batch,
  kind      text not null constraint import_change_kind_known
    check (kind in ('fix', 'alike', 'exclude', 'include', 'undo')),
  what      jsonb not null constraint import_change_what_shape check (jsonb_typeof(what) = 'object'),
  user_id   int not null references users,
  at        timestamptz not null,
  undoes    bigint references import_change
);
create index import_change_batch_idx on import_change (batch_id, id);

create table import_change_step (
  change_id bigint not null references import_change,
  version   int not null,
  agency_id int not null,
  batch_id  bigint not null references import_batch,
  rows      int not null constraint import_change_step_has_rows check (rows > 0),
  primary key (change_id, version)
);
create index import_change_step_batch_idx on import_change_step (batch_id, version);

create table import_change_row (
  change_id bigint not null references import_change,
  row_no    int not null,
  agency_id int not null,
  version   int not null,
  before    jsonb,
  after     jsonb,
  primary key (change_id, row_no),
  constraint import_change_row_both check ((before is null) = (after is null))
);
"""

SECOND_EYES = """
alter table agency add column import_four_eyes boolean not null default false;
alter table import_batch
  add column approved_by int references users,
  add column approved_at timestamptz,
  add constraint batch_approved_whole check ((approved_by is null) = (approved_at is null));
"""
