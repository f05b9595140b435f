"""The audit trail by month, the erasable values behind it, and its seals."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Computed,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from services.store.tables.base import Instant, Xid8, column, metadata, optional
from services.store.tables.words import words_of

audit_log = Table(
    "audit_log",
    metadata,
    column("id", BigInteger, Identity(always=True), primary_key=True),
    column("at", Instant, primary_key=True),
    column("agency_id", Integer, primary_key=True),
    optional("user_id", Integer),
    optional("session_id", BigInteger),
    column("login", Text),
    column("act", Text),
    column("entity", Text),
    column("entity_id", BigInteger),
    optional("entity_ref", Text),
    optional("before", JSONB),
    optional("after", JSONB),
    optional("reason", Text),
    column("xid", Xid8, server_default=text("pg_current_xact_id()")),
    PrimaryKeyConstraint("agency_id", "at", "id"),
    Index("audit_log_user_idx", "user_id", "at", "id"),
    Index("audit_log_act_idx", "agency_id", "act", "at", "id"),
    Index("audit_log_entity_idx", "entity", "entity_id", "at", "id"),
    Index(
        "audit_log_agency_reason_idx", "agency_id", "reason", "at", "id", postgresql_where=text("reason is not null")
    ),
    Index("audit_log_person_act_idx", "user_id", "act", "at", "id", postgresql_where=text("act <> 'payment.post'")),
    Index("audit_log_kind_idx", "agency_id", "entity", "at", "id", postgresql_where=text("entity <> 'account'")),
    postgresql_partition_by="RANGE (at)",
)

audit_personal = Table(
    "audit_personal",
    metadata,
    column("audit_id", BigInteger, primary_key=True),
    column("path", Text, primary_key=True),
    column("salt", LargeBinary),
    column("value", Text),
    optional("agency_id", Integer),
    optional("at", Instant),
    optional("marks", ARRAY(Text)),
    words_of(
        "value",
        "marks is not null and split_part(path, '.', 2) in ('text', 'note', 'reason', 'title', 'totals accepted')",
        " || marks",
    ),
    Index("audit_personal_words_idx", "words", postgresql_using="gin", postgresql_where=text("words is not null")),
    Index("audit_personal_place_idx", "agency_id", "at", "audit_id", postgresql_where=text("words is not null")),
)

audit_seal = Table(
    "audit_seal",
    metadata,
    column("agency_id", Integer, primary_key=True),
    column("number", BigInteger, CheckConstraint("number > 0", name="audit_seal_number_positive"), primary_key=True),
    column("previous", LargeBinary, CheckConstraint("length(previous) = 32", name="audit_seal_previous_length")),
    column("rows", Integer, CheckConstraint("rows > 0", name="audit_seal_rows_positive")),
    column("total", BigInteger),
    column("root", LargeBinary, CheckConstraint("length(root) = 32", name="audit_seal_root_length")),
    column("first_at", Instant),
    column("last_at", Instant),
    column("last_id", BigInteger),
    column("sealed_at", Instant),
    column("pass", BigInteger),
    column("pass_at", Instant),
    column("pass_xmax", Xid8),
    optional("low", Xid8),
    column("below", Xid8),
    column("cluster", BigInteger),
    column("more", Boolean),
    column("head", LargeBinary, CheckConstraint("length(head) = 32", name="audit_seal_head_length")),
    CheckConstraint("total >= rows", name="audit_seal_total_counted"),
    Index("audit_seal_span_idx", text("tstzrange(first_at, last_at, '[]')"), postgresql_using="gist"),
)

audit_sealed = Table(
    "audit_sealed",
    metadata,
    column("agency_id", Integer, primary_key=True),
    column("number", BigInteger, primary_key=True),
    column("leaves", LargeBinary),
    column("ids", ARRAY(BigInteger)),
    column("ats", ARRAY(Instant)),
    column("user_ids", ARRAY(Integer)),
    column("session_ids", ARRAY(BigInteger)),
    *(column(name, ARRAY(Integer)) for name in ("logins", "acts", "entities")),
    column("entity_ids", ARRAY(BigInteger)),
    *(column(name, ARRAY(Integer)) for name in ("entity_refs", "befores", "afters", "reasons")),
    column("xids", ARRAY(BigInteger)),
    ForeignKeyConstraint(["agency_id", "number"], [audit_seal.c.agency_id, audit_seal.c.number]),
)

audit_digest = Table(
    "audit_digest",
    metadata,
    column("agency_id", Integer, primary_key=True),
    column("number", BigInteger, primary_key=True),
    column("made_at", Instant, primary_key=True),
    column("document", Text, CheckConstraint("length(document) between 1 and 4000", name="audit_digest_length")),
    ForeignKeyConstraint(["agency_id", "number"], [audit_seal.c.agency_id, audit_seal.c.number]),
)

audit_check = Table(
    "audit_check",
    metadata,
    column("id", BigInteger, Identity(always=True), primary_key=True),
    column("agency_id", Integer, ForeignKey("debtflow.agency.id")),
    column("chain", Integer),
    column("first", BigInteger),
    column("last", BigInteger),
    column("findings", BigInteger, CheckConstraint("findings >= 0", name="audit_check_findings_counted")),
    column("checked_at", Instant),
    column("user_id", Integer, ForeignKey("debtflow.users.id")),
    CheckConstraint("chain in (0, agency_id)", name="audit_check_chain_own"),
    CheckConstraint("first <= last", name="audit_check_range_forward"),
    Index("audit_check_agency_idx", "agency_id", "chain", "id"),
)

audit_filter = Table(
    "audit_filter",
    metadata,
    column("agency_id", Integer, ForeignKey("debtflow.agency.id")),
    column("user_id", Integer, ForeignKey("debtflow.users.id"), primary_key=True),
    column(
        "name",
        Text,
        CheckConstraint("length(name) between 1 and 60", name="audit_filter_name_length"),
        primary_key=True,
    ),
    column("text", Text, CheckConstraint("length(text) <= 1000", name="audit_filter_text_length")),
    column("saved_at", Instant),
)

audit_online = Table(
    "audit_online",
    metadata,
    column("id", Integer, CheckConstraint("id = 0", name="audit_online_one_row"), primary_key=True,
           server_default=text("0")),
    column("months", Integer, CheckConstraint("months between 3 and 600", name="audit_online_months_range")),
)  # fmt: skip

audit_archive = Table(
    "audit_archive",
    metadata,
    column("agency_id", Integer, primary_key=True),
    column("month", Date, CheckConstraint("extract(day from month) = 1", name="audit_archive_month_first"),
           primary_key=True),
    column("part", Integer, CheckConstraint("part > 0", name="audit_archive_part_positive"), primary_key=True),
    column("first_seal", BigInteger),
    column("last_seal", BigInteger),
    column("rows", Integer, CheckConstraint("rows > 0", name="audit_archive_rows_positive")),
    column("sha256", LargeBinary, CheckConstraint("length(sha256) = 32", name="audit_archive_sha256_length")),
    column("file_id", BigInteger, ForeignKey("debtflow.file.id")),
    column("made_at", Instant),
    column("made_by", Integer, ForeignKey("debtflow.users.id")),
    CheckConstraint("first_seal <= last_seal", name="audit_archive_seals_forward"),
)  # fmt: skip

audit_archive_check = Table(
    "audit_archive_check",
    metadata,
    column("agency_id", Integer, primary_key=True),
    column("month", Date, primary_key=True),
    column("part", Integer, primary_key=True),
    column("checked_at", Instant, primary_key=True),
    column("user_id", Integer, ForeignKey("debtflow.users.id")),
    ForeignKeyConstraint(
        ["agency_id", "month", "part"], [audit_archive.c.agency_id, audit_archive.c.month, audit_archive.c.part]
    ),
)

audit_archive_dropped = Table(
    "audit_archive_dropped",
    metadata,
    column("month", Date, primary_key=True),
    column("id", Integer, Computed("(extract(year from month) * 100 + extract(month from month))::int", True)),
    column("rows", BigInteger),
    column("dropped_at", Instant),
)
