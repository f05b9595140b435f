"""Agencies, their people, and how they are signed in."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
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
from sqlalchemy.dialects.postgresql import INET, JSONB

from services.store.tables.base import Currency, Instant, Xid8, column, metadata, optional

agency = Table(
    "agency",
    metadata,
    column("id", Integer, Identity(always=True), primary_key=True),
    column("code", Text),
    column("name", Text),
    column("zone", Text),
    column("currency", Currency),
    column("next_number", BigInteger, server_default=text("10001")),
    column("created_at", Instant, server_default=text("statement_timestamp()")),
    column("import_four_eyes", Boolean, server_default=text("false")),
    CheckConstraint("code ~ '^[A-Z][A-Z0-9_]{1,15}$'", name="agency_code_form"),
    CheckConstraint("length(name) between 1 and 120", name="agency_name_length"),
    CheckConstraint("currency ~ '^[A-Z]{3}$'", name="agency_currency_form"),
    UniqueConstraint("code", name="agency_code_key"),
)

roles = Table(
    "roles",
    metadata,
    column("name", Text, primary_key=True),
    column("what", Text),
)

users = Table(
    "users",
    metadata,
    column("id", Integer, Identity(always=True), primary_key=True),
    column("agency_id", Integer, ForeignKey("debtflow.agency.id")),
    column("login", Text),
    column("full_name", Text),
    column("created_at", Instant, server_default=text("statement_timestamp()")),
    optional("disabled_at", Instant),
    optional("locked_at", Instant),
    CheckConstraint("login ~ '^[a-z][a-z0-9_.-]{1,40}$'", name="users_login_form"),
    CheckConstraint("length(full_name) between 1 and 120", name="users_name_length"),
    UniqueConstraint("login", name="users_login_key"),
)

user_roles = Table(
    "user_roles",
    metadata,
    column("user_id", Integer, ForeignKey("debtflow.users.id"), primary_key=True),
    column("role", Text, ForeignKey("debtflow.roles.name")),
)

session = Table(
    "session",
    metadata,
    column("id", BigInteger, Identity(always=True), primary_key=True),
    column("token_hash", LargeBinary),
    column("user_id", Integer, ForeignKey("debtflow.users.id")),
    column("agency_id", Integer, ForeignKey("debtflow.agency.id")),
    column("role", Text, ForeignKey("debtflow.roles.name")),
    column("login", Text),
    column("opened_at", Instant),
    column("expires_at", Instant),
    optional("ended_at", Instant),
    optional("origin", Text),
    optional("proved_at", Instant),
    optional("proved_by", Instant),
    optional("address", INET),
    optional("doing", Text),
    column("begun_in", Xid8, server_default=text("pg_current_xact_id()")),
    column("secret", Uuid, server_default=text("gen_random_uuid()")),
    CheckConstraint("length(doing) between 1 and 120", name="session_doing_length"),
    UniqueConstraint("token_hash", name="session_token_key"),
    Index("session_user_idx", "user_id", "opened_at"),
    Index("session_live_idx", "agency_id", "login", postgresql_where=text("ended_at is null")),
    postgresql_with={"fillfactor": 70},
)

signin_log = Table(
    "signin_log",
    metadata,
    column("agency_id", Integer, ForeignKey("debtflow.agency.id"), primary_key=True),
    optional("file", Text),
    column("place", BigInteger, server_default=text("0")),
    optional("read_at", Instant),
    optional("trouble", Text),
)

security_event = Table(
    "security_event",
    metadata,
    column("id", BigInteger, Identity(always=True), primary_key=True),
    column("at", Instant),
    optional("agency_id", Integer),
    optional("user_id", Integer),
    optional("session_id", BigInteger),
    column("login", Text),
    column("kind", Text),
    optional("rule", Text),
    optional("entity", Text),
    optional("entity_id", BigInteger),
    column("detail", JSONB, server_default=text("'{}'::jsonb")),
    Index("security_event_agency_idx", "agency_id", "at", "id"),
)

repeatable = Table(
    "repeatable",
    metadata,
    column("name", Text, primary_key=True),
    column("sha256", Text),
    column("applied_at", Instant, server_default=text("statement_timestamp()")),
)

idempotency_key = Table(
    "idempotency_key",
    metadata,
    column("key", Uuid, primary_key=True),
    column("act", Text),
    column("request_hash", LargeBinary),
    column("user_id", Integer),
    optional("answer", JSONB),
    column("at", Instant),
)
