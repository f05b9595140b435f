"""Kinds of file, what a row means for the accounts that are there, and releases that can be undone."""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.execute(BATCHES)
    op.execute(ROWS)
    op.execute(PLACED_AGAIN)


def downgrade() -> None:
    raise NotImplementedError("data only moves forward: restore a backup instead")


BATCHES = """
alter table import_batch
  add column kind text not null default 'placements' constraint batch_kind_known
    check (kind in ('placements', 'adjustments', 'payments', 'recalls', 'contacts')),
  add column undone int not null default 0,
  add column undone_at timestamptz,
  add column undone_by int references users,
  add column undo_reason text constraint batch_undo_reason_length check (length(undo_reason) between 1 and 400),
  add constraint batch_undone_is_explained check ((undone_at is null) = (undo_reason is null)
    and (undone_at is null) = (undone_by is null) and (undone = 0 or undone_at is not null)),
  drop constraint batch_state_known,
  add constraint batch_state_known
    check (state in ('in_review', 'releasing', 'released', 'rejected', 'undoing', 'undone')),
  drop constraint batch_finished_has_time,
  add constraint batch_finished_has_time
    check ((state in ('released', 'rejected', 'undoing', 'undone')) = (finished_at is not null));
drop index import_batch_file_once;
create unique index import_batch_file_once on import_batch (file_id) where state not in ('rejected', 'undone');
"""

# `verdict` is what the comparison with the accounts came to, null where there is nothing to compare with; `difference`
# what the row changes, by column, before and after; `effect` what its release did, so that it can be taken back.
ROWS = """
alter table import_row
  add column verdict text constraint import_row_verdict_known check (verdict in (
    'changed', 'unchanged', 'conflict', 'closed', 'other_client', 'unknown')),
  add column difference jsonb constraint import_row_difference_shape check (jsonb_typeof(difference) = 'object'),
  add column effect jsonb constraint import_row_effect_shape check (jsonb_typeof(effect) = 'object'),
  drop constraint import_row_state_known,
  add constraint import_row_state_known
    check (state in ('valid', 'warning', 'error', 'duplicate', 'excluded', 'released', 'undone')),
  drop constraint import_row_released_has_account,
  add constraint import_row_released_has_account
    check ((state in ('released', 'undone')) = (account_id is not null)),
  drop constraint import_row_good_is_parsed,
  add constraint import_row_good_is_parsed
    check (state not in ('valid', 'warning', 'released', 'undone') or parsed is not null);
create index import_row_account_idx on import_row (account_id) where account_id is not null;
"""

# A placement that was undone leaves its account behind, closed; its reference is free for the file that is right.
PLACED_AGAIN = """
insert into closing_reason values ('placement_undone', 'kernel');
alter table account drop constraint account_external_ref_key;
create unique index account_external_ref_key on account (client_id, external_ref)
  where closed_reason is distinct from 'placement_undone';
"""
