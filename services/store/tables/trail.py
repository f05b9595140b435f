"""The audit trail by month, and the erasable values behind it."""

from sqlalchemy import BigInteger, Identity, Index, Integer, LargeBinary, PrimaryKeyConstraint, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from services.store.tables.base import Instant, Xid8, column, metadata, optional

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
    postgresql_partition_by="RANGE (at)",
)

audit_personal = Table(
    "audit_personal",
    metadata,
    column("audit_id", BigInteger, primary_key=True),
    column("path", Text, primary_key=True),
    column("salt", LargeBinary),
    column("value", Text),
)
