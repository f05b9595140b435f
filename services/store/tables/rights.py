"""Who may do what, how much of it, and what takes two persons."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.store.tables.base import Instant, column, metadata, optional

PEOPLE = "'agency_admin', 'supervisor', 'collector', 'readonly'"

office_act = Table(
    "office_act",
    metadata,
    column("name", Text, primary_key=True),
    column("family", Text),
    column("place", SmallInteger),
    column("what", Text),
    column("refusal", Text),
    column("rule", Text),
    column("shipped", ARRAY(Text)),
    column("possible", ARRAY(Text)),
    column("two", Boolean),
    CheckConstraint("shipped <@ possible", name="office_act_shipped_possible"),
)

permission = Table(
    "permission",
    metadata,
    column("agency_id", Integer, ForeignKey("debtflow.agency.id"), primary_key=True),
    column("act", Text, primary_key=True),
    column("role", Text, ForeignKey("debtflow.roles.name"), primary_key=True),
    column("allowed", Boolean),
    CheckConstraint(f"role in ({PEOPLE})", name="permission_role_person"),
)

office_limit = Table(
    "office_limit",
    metadata,
    column("agency_id", Integer, ForeignKey("debtflow.agency.id")),
    column("what", Text),
    optional("role", Text, ForeignKey("debtflow.roles.name")),
    optional("user_id", Integer, ForeignKey("debtflow.users.id")),
    column("most", BigInteger),
    CheckConstraint("what ~ '^[a-z_]{1,40}$'", name="office_limit_what"),
    CheckConstraint("most between 0 and 1000000000000000", name="office_limit_range"),
    CheckConstraint("num_nonnulls(role, user_id) = 1", name="office_limit_whose"),
    Index("office_limit_role_key", "agency_id", "what", "role", unique=True, postgresql_where=text("role is not null")),
    Index(
        "office_limit_user_key",
        "agency_id",
        "what",
        "user_id",
        unique=True,
        postgresql_where=text("user_id is not null"),
    ),
)

two_person = Table(
    "two_person",
    metadata,
    column("agency_id", Integer, ForeignKey("debtflow.agency.id"), primary_key=True),
    column("act", Text, primary_key=True),
    column("wanted", Boolean),
)

approval = Table(
    "approval",
    metadata,
    column("id", BigInteger, Identity(always=True), primary_key=True),
    column("agency_id", Integer, ForeignKey("debtflow.agency.id")),
    column("act", Text),
    column("what", Text),
    column("facts", JSONB),
    column("asked_by", Integer, ForeignKey("debtflow.users.id")),
    column("asked_at", Instant),
    optional("decided_by", Integer, ForeignKey("debtflow.users.id")),
    optional("decided_at", Instant),
    optional("approved", Boolean),
    optional("used_at", Instant),
    CheckConstraint("length(what) between 1 and 4000", name="approval_what_length"),
    CheckConstraint("decided_by <> asked_by", name="approval_by_another"),
    CheckConstraint("num_nonnulls(decided_by, decided_at, approved) in (0, 3)", name="approval_decided_whole"),
    CheckConstraint("used_at is null or approved", name="approval_used_approved"),
    Index("approval_open_idx", "agency_id", "asked_by", "act", postgresql_where=text("used_at is null")),
)

reveal = Table(
    "reveal",
    metadata,
    column("id", BigInteger, Identity(always=True), primary_key=True),
    column("agency_id", Integer, ForeignKey("debtflow.agency.id")),
    column("account_id", BigInteger, ForeignKey("debtflow.account.id")),
    column("user_id", Integer, ForeignKey("debtflow.users.id")),
    column("field", Text),
    column("reason", Text),
    column("shown", Integer),
    column("at", Instant),
    CheckConstraint("field in ('phone', 'email', 'address', 'ssn', 'bank')", name="reveal_field"),
    CheckConstraint("length(reason) between 1 and 400", name="reveal_reason_length"),
    CheckConstraint("shown >= 0", name="reveal_shown_counted"),
    Index("reveal_user_idx", "user_id", "at"),
    Index("reveal_account_idx", "account_id"),
)
