"""How each client writes its files: profiles, and which of them a batch was read with."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.execute(PROFILES)


def downgrade() -> None:
    raise NotImplementedError("data only moves forward: restore a backup instead")


# A profile is never changed: another version takes its place, and a batch says which one it was read with. What a file
# says of itself in its control records, and how it compares, is found once, when it is read.
PROFILES = """
create table import_profile (
  id        bigint generated always as identity primary key,
  agency_id int not null references agency,
  client_id int not null references client,
  kind      text not null constraint import_profile_kind_known
    check (kind in ('placements', 'adjustments', 'payments', 'recalls', 'contacts')),
  version   int not null constraint import_profile_version_counts check (version > 0),
  body      jsonb not null constraint import_profile_body_shape check (jsonb_typeof(body) = 'object'),
  note      text constraint import_profile_note_length check (length(note) between 1 and 400),
  made_by   int not null references users,
  made_at   timestamptz not null,
  constraint import_profile_version_once unique (agency_id, client_id, kind, version)
);

alter table import_batch
  add column profile_id bigint references import_profile,
  add column control jsonb constraint batch_control_shape check (jsonb_typeof(control) = 'object'),
  add column control_accepted_by int references users,
  add column control_accepted_at timestamptz,
  add column control_reason text
    constraint batch_control_reason_length check (length(control_reason) between 1 and 400),
  add constraint batch_control_accepted_whole
    check ((control_accepted_by is null) = (control_accepted_at is null)
           and (control_accepted_by is null) = (control_reason is null));
"""
