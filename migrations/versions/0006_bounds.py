"""What no program of ours sends, and what would spoil a row for everybody who looks at it."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute(BOUNDS)


def downgrade() -> None:
    raise NotImplementedError("data only moves forward: restore a backup instead")


# Control characters, and marks that turn the direction of a line. A date that Python cannot hold is none.
BOUNDS = r"""
alter table account
  add constraint account_original_bounded check (original_amount <= 1000000000000000),
  add constraint account_days_bounded check (
    due_on between '1900-01-01' and '9999-12-31' and follow_up_on between '1900-01-01' and '9999-12-31'
    and charge_off_on between '1900-01-01' and '9999-12-31' and placed_on between '1970-01-01' and '9999-12-31'),
  add constraint account_texts_plain check (
    concat(external_ref, debtor_name, creditor_name, account_type)
    !~ U&'[\0001-\001f\007f-\009f\202a-\202e\2066-\2069]'),
  add constraint account_texts_length check (length(creditor_name) <= 200 and length(account_type) <= 200);
alter table debtor
  add constraint debtor_name_plain check (name !~ U&'[\0001-\001f\007f-\009f\202a-\202e\2066-\2069]');
alter table debtor_contact
  add constraint contact_plain check (value !~ U&'[\0001-\0009\000b-\001f\007f-\009f\202a-\202e\2066-\2069]');
alter table contract
  add constraint contract_start_bounded check (starts_on between '1900-01-01' and '9999-12-31'),
  add constraint contract_order_flat check (array_ndims(bucket_order) = 1);
alter table import_row
  add constraint import_row_cells_text check (not jsonb_path_exists(cells, '$.* ? (@.type() != "string")')),
  add constraint import_row_findings_whole check (not jsonb_path_exists(findings,
    '$[*] ? (!(@.column.type() == "string" && @.value.type() == "string" && @.rule.type() == "string"
     && @.message.type() == "string" && (@.severity == "error" || @.severity == "warning")))')),
  add constraint import_row_findings_known check (not jsonb_path_exists(findings,
    '$[*].keyvalue() ? (!(@.key == "column" || @.key == "value" || @.key == "rule" || @.key == "message"
     || @.key == "severity"))'));
"""
