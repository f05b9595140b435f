"""Files as sent, and the review between a file and the accounts."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.store.tables.base import Bytewise, Instant, column, metadata, optional

file = Table(
    "file",
    metadata,
    column("id", BigInteger, Identity(always=True), primary_key=True),
    column("agency_id", Integer, ForeignKey("debtflow.agency.id")),
    column("sha256", LargeBinary),
    column("size", BigInteger),
    optional("bytes", LargeBinary),
    column("stored_at", Instant),
    column("place", Text, server_default=text("'row'")),
    optional("bucket", Text),
    optional("key", Text),
    optional("pieces", ARRAY(LargeBinary)),
    optional("redacted_as", BigInteger, ForeignKey("debtflow.file.id")),
    CheckConstraint("place in ('row', 'chunks', 'bucket', 'redacted')", name="file_place_known"),
    CheckConstraint("(place = 'redacted') = (redacted_as is not null)", name="file_redacted_has_copy"),
    CheckConstraint("length(bucket) between 1 and 255", name="file_bucket_length"),
    CheckConstraint(
        "num_nonnulls(bucket, key, pieces) = case when place = 'bucket' then 3 else 0 end", name="file_bucket_has_key"
    ),
    CheckConstraint(
        "length(key) between 64 and 1000 and right(key, 64) = encode(sha256, 'hex')", name="file_key_of_content"
    ),
    CheckConstraint(
        "cardinality(pieces) = (size + 4194303) / 4194304 and array_position(pieces, null) is null",
        name="file_pieces_counted",
    ),
    CheckConstraint("size >= 0", name="file_size_positive"),
    CheckConstraint("(place = 'row') = (bytes is not null)", name="file_row_has_bytes"),
    CheckConstraint("sha256 = sha256(bytes)", name="file_addressed_by_content"),
    UniqueConstraint("agency_id", "sha256", name="file_content_key"),
    Index("file_redacted_idx", "redacted_as", postgresql_where=text("redacted_as is not null")),
)

file_chunk = Table(
    "file_chunk",
    metadata,
    column("file_id", BigInteger, ForeignKey("debtflow.file.id"), primary_key=True),
    column("seq", Integer, primary_key=True),
    column("agency_id", Integer),
    column("bytes", LargeBinary),
    CheckConstraint("seq >= 0", name="file_chunk_counts"),
    CheckConstraint("length(bytes) between 1 and 1048576", name="file_chunk_size"),
)

import_profile = Table(
    "import_profile",
    metadata,
    column("id", BigInteger, Identity(always=True), primary_key=True),
    column("agency_id", Integer, ForeignKey("debtflow.agency.id")),
    column("client_id", Integer, ForeignKey("debtflow.client.id")),
    column("kind", Text),
    column("version", Integer),
    column("body", JSONB),
    optional("note", Text),
    column("made_by", Integer, ForeignKey("debtflow.users.id")),
    column("made_at", Instant),
    CheckConstraint(
        "kind in ('placements', 'adjustments', 'payments', 'recalls', 'contacts')", name="import_profile_kind_known"
    ),
    CheckConstraint("version > 0", name="import_profile_version_counts"),
    CheckConstraint("jsonb_typeof(body) = 'object'", name="import_profile_body_shape"),
    CheckConstraint("length(note) between 1 and 400", name="import_profile_note_length"),
    UniqueConstraint("agency_id", "client_id", "kind", "version", name="import_profile_version_once"),
)

import_batch = Table(
    "import_batch",
    metadata,
    column("id", BigInteger, Identity(always=True), primary_key=True),
    column("agency_id", Integer, ForeignKey("debtflow.agency.id")),
    column("client_id", Integer, ForeignKey("debtflow.client.id")),
    column("file_id", BigInteger, ForeignKey("debtflow.file.id")),
    column("file_name", Text),
    column("encoding", Text),
    column("delimiter", Text),
    column("state", Text, server_default=text("'in_review'")),
    column("rows", Integer),
    column("valid", Integer, server_default=text("0")),
    column("warnings", Integer, server_default=text("0")),
    column("errors", Integer, server_default=text("0")),
    column("duplicates", Integer, server_default=text("0")),
    column("excluded", Integer, server_default=text("0")),
    column("released", Integer, server_default=text("0")),
    column("staged_by", Integer, ForeignKey("debtflow.users.id")),
    column("staged_at", Instant),
    optional("placed_on", Date),
    optional("finished_at", Instant),
    optional("reason", Text),
    column("reading", JSONB, server_default=text("'{}'")),
    optional("profile_id", BigInteger, ForeignKey("debtflow.import_profile.id")),
    optional("control", JSONB),
    optional("control_accepted_by", Integer, ForeignKey("debtflow.users.id")),
    optional("control_accepted_at", Instant),
    optional("control_reason", Text),
    CheckConstraint("jsonb_typeof(control) = 'object'", name="batch_control_shape"),
    CheckConstraint("length(control_reason) between 1 and 400", name="batch_control_reason_length"),
    CheckConstraint(
        "((control_accepted_by is null) = (control_accepted_at is null)) and "
        "((control_accepted_by is null) = (control_reason is null))",
        name="batch_control_accepted_whole",
    ),
    column("kind", Text, server_default=text("'placements'")),
    column("undone", Integer, server_default=text("0")),
    optional("undone_at", Instant),
    optional("undone_by", Integer, ForeignKey("debtflow.users.id")),
    optional("undo_reason", Text),
    column("version", Integer, server_default=text("1")),
    optional("approved_by", Integer, ForeignKey("debtflow.users.id")),
    optional("approved_at", Instant),
    CheckConstraint("(approved_by is null) = (approved_at is null)", name="batch_approved_whole"),
    CheckConstraint("jsonb_typeof(reading) = 'object'", name="batch_reading_shape"),
    CheckConstraint("length(file_name) between 1 and 200", name="batch_file_name_length"),
    CheckConstraint(
        "kind in ('placements', 'adjustments', 'payments', 'recalls', 'contacts')", name="batch_kind_known"
    ),
    CheckConstraint("length(undo_reason) between 1 and 400", name="batch_undo_reason_length"),
    CheckConstraint(
        "((undone_at is null) = (undo_reason is null)) and ((undone_at is null) = (undone_by is null)) "
        "and ((undone = 0) or (undone_at is not null))",
        name="batch_undone_is_explained",
    ),
    CheckConstraint(
        "state in ('in_review', 'releasing', 'released', 'rejected', 'undoing', 'undone')", name="batch_state_known"
    ),
    CheckConstraint("rows > 0", name="batch_has_rows"),
    CheckConstraint("length(reason) between 1 and 400", name="batch_reason_length"),
    CheckConstraint(
        "(state in ('released', 'rejected', 'undoing', 'undone')) = (finished_at is not null)",
        name="batch_finished_has_time",
    ),
    Index(
        "import_batch_file_once",
        "file_id",
        unique=True,
        postgresql_where=text("state <> all (ARRAY['rejected', 'undone'])"),
    ),
    Index("import_batch_agency_idx", "agency_id", "id"),
)

import_row = Table(
    "import_row",
    metadata,
    column("batch_id", BigInteger, ForeignKey("debtflow.import_batch.id"), primary_key=True),
    column("row_no", Integer, primary_key=True),
    column("agency_id", Integer),
    column("line", Integer),
    column("raw", Text),
    column("cells", JSONB),
    column("findings", JSONB),
    optional("parsed", JSONB),
    optional("ref", Bytewise),
    column("state", Text),
    column("version", Integer, server_default=text("1")),
    optional("reason", Text),
    optional("account_id", BigInteger, ForeignKey("debtflow.account.id")),
    optional("byte_at", BigInteger),
    optional("byte_count", Integer),
    optional("verdict", Text),
    optional("difference", JSONB),
    optional("effect", JSONB),
    CheckConstraint("(byte_at is null) = (byte_count is null)", name="import_row_bytes_known"),
    CheckConstraint("byte_at >= 0 and byte_count >= 0", name="import_row_bytes_positive"),
    CheckConstraint("""not jsonb_path_exists(cells, '$.* ? (@.type() != "string")')""", name="import_row_cells_text"),
    CheckConstraint(
        """not jsonb_path_exists(findings,
    '$[*] ? (!(@.column.type() == "string" && @.value.type() == "string" && @.rule.type() == "string"
     && @.message.type() == "string" && (@.severity == "error" || @.severity == "warning")))')""",
        name="import_row_findings_whole",
    ),
    CheckConstraint(
        """not jsonb_path_exists(findings,
    '$[*].keyvalue() ? (!(@.key == "column" || @.key == "value" || @.key == "rule" || @.key == "message"
     || @.key == "severity"))')""",
        name="import_row_findings_known",
    ),
    CheckConstraint("row_no > 0", name="import_row_number_positive"),
    CheckConstraint("jsonb_typeof(cells) = 'object'", name="import_row_cells_shape"),
    CheckConstraint("jsonb_typeof(findings) = 'array'", name="import_row_findings_shape"),
    CheckConstraint("length(ref) between 1 and 64", name="import_row_ref_length"),
    CheckConstraint(
        "state in ('valid', 'warning', 'error', 'duplicate', 'excluded', 'released', 'undone')",
        name="import_row_state_known",
    ),
    CheckConstraint(
        "verdict in ('changed', 'unchanged', 'conflict', 'closed', 'other_client', 'unknown')",
        name="import_row_verdict_known",
    ),
    CheckConstraint("jsonb_typeof(difference) = 'object'", name="import_row_difference_shape"),
    CheckConstraint("jsonb_typeof(effect) = 'object'", name="import_row_effect_shape"),
    CheckConstraint("length(reason) between 1 and 400", name="import_row_reason_length"),
    CheckConstraint(
        "(state in ('released', 'undone')) = (account_id is not null)", name="import_row_released_has_account"
    ),
    CheckConstraint("(state <> 'excluded') or (reason is not null)", name="import_row_excluded_has_reason"),
    CheckConstraint(
        "(state <> all (ARRAY['valid', 'warning', 'released', 'undone'])) or (parsed is not null)",
        name="import_row_good_is_parsed",
    ),
    Index("import_row_state_idx", "batch_id", "state", "row_no"),
    Index("import_row_ref_idx", "batch_id", "ref"),
    Index("import_row_account_idx", "account_id", postgresql_where=text("account_id is not null")),
    Index("import_row_found_idx", "batch_id", "row_no", postgresql_where=text("findings <> '[]'::jsonb")),
)

import_intake = Table(
    "import_intake",
    metadata,
    column("upload", Uuid),
    column("row_no", Integer),
    column("line", Integer),
    column("raw", Text),
    optional("ref", Text),
    column("cells", JSONB),
    column("findings", JSONB),
    optional("parsed", JSONB),
    optional("byte_at", BigInteger),
    optional("byte_count", Integer),
    prefixes=["UNLOGGED"],
)

import_found = Table(
    "import_found",
    metadata,
    column("batch_id", BigInteger, primary_key=True),
    column("rule", Bytewise, primary_key=True),
    column("row_no", Integer, primary_key=True),
    column("agency_id", Integer),
    column("severity", Text),
    column("col", Text),
)

import_tally = Table(
    "import_tally",
    metadata,
    column("batch_id", BigInteger, primary_key=True),
    column("rule", Bytewise, primary_key=True),
    column("severity", Text, primary_key=True),
    column("col", Text, primary_key=True),
    column("agency_id", Integer),
    column("rows", BigInteger),
)

import_change = Table(
    "import_change",
    metadata,
    column("id", BigInteger, Identity(always=True), primary_key=True),
    column("agency_id", Integer, ForeignKey("debtflow.agency.id")),
    column("batch_id", BigInteger, ForeignKey("debtflow.import_batch.id")),
    column("kind", Text),
    column("what", JSONB),
    column("user_id", Integer, ForeignKey("debtflow.users.id")),
    column("at", Instant),
    optional("undoes", BigInteger, ForeignKey("debtflow.import_change.id")),
    CheckConstraint("kind in ('fix', 'alike', 'exclude', 'include', 'undo')", name="import_change_kind_known"),
    CheckConstraint("jsonb_typeof(what) = 'object'", name="import_change_what_shape"),
    Index("import_change_batch_idx", "batch_id", "id"),
)

import_change_step = Table(
    "import_change_step",
    metadata,
    column("change_id", BigInteger, ForeignKey("debtflow.import_change.id"), primary_key=True),
    column("version", Integer, primary_key=True),
    column("agency_id", Integer),
    column("batch_id", BigInteger, ForeignKey("debtflow.import_batch.id")),
    column("rows", Integer),
    CheckConstraint("rows > 0", name="import_change_step_has_rows"),
    Index("import_change_step_batch_idx", "batch_id", "version"),
)

import_change_row = Table(
    "import_change_row",
    metadata,
    column("change_id", BigInteger, ForeignKey("debtflow.import_change.id"), primary_key=True),
    column("row_no", Integer, primary_key=True),
    column("agency_id", Integer),
    column("version", Integer),
    optional("before", JSONB),
    optional("after", JSONB),
    CheckConstraint("(before is null) = (after is null)", name="import_change_row_both"),
)
