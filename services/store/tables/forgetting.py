"""Who was forgotten, what keeps somebody from being forgotten, and objects that are still to be removed."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.store.tables.base import Instant, column, metadata, optional

legal_hold = Table(
    "legal_hold",
    metadata,
    column("id", BigInteger, Identity(always=True), primary_key=True),
    column("agency_id", Integer, ForeignKey("debtflow.agency.id")),
    column("debtor_id", BigInteger, ForeignKey("debtflow.debtor.id")),
    column("reason", Text),
    column("placed_by", Integer, ForeignKey("debtflow.users.id")),
    column("placed_at", Instant),
    optional("lifted_by", Integer, ForeignKey("debtflow.users.id")),
    optional("lifted_at", Instant),
    CheckConstraint("length(reason) between 1 and 400", name="legal_hold_reason_length"),
    CheckConstraint("(lifted_by is null) = (lifted_at is null)", name="legal_hold_lifted_whole"),
    Index("legal_hold_standing", "debtor_id", unique=True, postgresql_where=text("lifted_at is null")),
)

retention = Table(
    "retention",
    metadata,
    column("agency_id", Integer, ForeignKey("debtflow.agency.id"), primary_key=True),
    column("days", Integer),
    CheckConstraint("days between 0 and 36500", name="retention_days_range"),
)

forgetting = Table(
    "forgetting",
    metadata,
    column("id", BigInteger, Identity(always=True), primary_key=True),
    column("agency_id", Integer, ForeignKey("debtflow.agency.id")),
    column("accounts", ARRAY(Text)),
    column("reason", Text),
    column("at", Instant),
    column("user_id", Integer, ForeignKey("debtflow.users.id")),
    column("done", JSONB),
    CheckConstraint("cardinality(accounts) > 0", name="forgetting_has_accounts"),
    CheckConstraint("reason in ('request', 'retention', 'order', 'mistake')", name="forgetting_reason_known"),
    CheckConstraint("jsonb_typeof(done) = 'object'", name="forgetting_done_shape"),
    Index("forgetting_agency_idx", "agency_id", "id"),
)

file_doomed = Table(
    "file_doomed",
    metadata,
    column("id", BigInteger, Identity(always=True), primary_key=True),
    column("agency_id", Integer, ForeignKey("debtflow.agency.id")),
    column("bucket", Text),
    column("key", Text),
    column("pieces", Integer),
    column("since", Instant),
)
