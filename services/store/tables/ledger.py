"""The double-entry ledger and payments."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Computed,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.store.tables.base import Bytewise, Currency, Instant, Xid8, column, metadata, optional

ledger_kind = Table(
    "ledger_kind",
    metadata,
    column("slot", SmallInteger, primary_key=True),
    column("name", Text),
    column("side", Text),
    column("what", Text),
    CheckConstraint("slot between 1 and 8", name="ledger_slot_range"),
    CheckConstraint("side in ('debit', 'credit')", name="ledger_side_known"),
    UniqueConstraint("name", name="ledger_kind_name_key"),
)

ledger_account = Table(
    "ledger_account",
    metadata,
    column("id", Integer, Computed("(book_id * 16) + slot", persisted=True), primary_key=True),
    column("book_id", Integer, ForeignKey("debtflow.book.id")),
    column("slot", SmallInteger, ForeignKey("debtflow.ledger_kind.slot")),
    UniqueConstraint("book_id", "slot", name="ledger_account_once"),
)

book_balance = Table(
    "book_balance",
    metadata,
    column("book_id", Integer, primary_key=True),
    column("stripe", SmallInteger, primary_key=True),
    column("balances", ARRAY(BigInteger)),
    CheckConstraint("stripe between 0 and 15", name="book_stripe_range"),
    CheckConstraint("array_length(balances, 1) = 8", name="book_balances_shape"),
    postgresql_with={"fillfactor": 50},
)

transfer = Table(
    "transfer",
    metadata,
    column("id", BigInteger, Identity(always=True), primary_key=True),
    column("agency_id", Integer),
    column("kind", Text),
    column("family_id", BigInteger),
    optional("reverses", BigInteger),
    column("effective_on", Date),
    column("recorded_at", Instant),
    optional("user_id", Integer),
    optional("import_batch_id", BigInteger),
    CheckConstraint(
        "kind in ('placement', 'payment', 'reversal', 'refund', 'adjustment', 'write_off', 'interest', "
        "'gateway_fee', 'transfer')",
        name="transfer_kind_known",
    ),
    Index("transfer_family_idx", "family_id", postgresql_where=text("family_id <> id")),
    Index("transfer_reversed_once", "reverses", unique=True, postgresql_where=text("reverses is not null")),
)

leg = Table(
    "leg",
    metadata,
    column("transfer_id", BigInteger, primary_key=True),
    column("no", SmallInteger, primary_key=True),
    column("debit", Integer),
    column("credit", Integer),
    optional("account_id", BigInteger),
    column("amount", BigInteger),
    column("currency", Currency),
    optional("parts", ARRAY(BigInteger)),
    CheckConstraint("amount > 0", name="leg_amount_positive"),
    CheckConstraint("debit <> credit", name="leg_two_sides"),
    CheckConstraint(
        "parts is null or (array_length(parts, 1) = 4 and 0 <= all (parts) "
        "and parts[1] + parts[2] + parts[3] + parts[4] = amount)",
        name="leg_parts_sum",
    ),
    Index("leg_account_idx", "account_id", "transfer_id", postgresql_where=text("parts is not null")),
    Index(
        "leg_unapplied_idx",
        "account_id",
        "transfer_id",
        postgresql_where=text("parts is null and ((debit % 16) = 3 or (credit % 16) = 3)"),
    ),
)

ledger_event = Table(
    "ledger_event",
    metadata,
    column("id", BigInteger, Identity(always=True)),
    column("xid", Xid8, server_default=text("pg_current_xact_id()")),
    column("aggregatetype", Text),
    column("aggregateid", Text),
    column("type", Text),
    column("payload", JSONB),
    column("agency_id", Integer),
    PrimaryKeyConstraint("agency_id", "xid", "id", name="ledger_event_pkey"),
)

event_head = Table(
    "event_head",
    metadata,
    column("agency_id", Integer, ForeignKey("debtflow.agency.id"), primary_key=True),
    column("position", BigInteger, server_default=text("0")),
    column("horizon", Xid8, server_default=text("'0'")),
    column("cluster", BigInteger, server_default=text("0")),
    column("told", BigInteger, server_default=text("0")),
    column("told_at", Instant, server_default=text("'-infinity'")),
)

event_position = Table(
    "event_position",
    metadata,
    column("agency_id", Integer, primary_key=True),
    column("position", BigInteger, primary_key=True),
    column("xid", Xid8),
    column("event_id", BigInteger),
    CheckConstraint("position > 0", name="event_position_counts"),
    UniqueConstraint("agency_id", "xid", "event_id", name="event_position_once"),
)

event_consumer = Table(
    "event_consumer",
    metadata,
    column("agency_id", Integer, ForeignKey("debtflow.agency.id"), primary_key=True),
    column("name", Bytewise, primary_key=True),
    column("position", BigInteger, server_default=text("0")),
    optional("holder", Uuid),
    optional("held_by", Integer, ForeignKey("debtflow.users.id")),
    optional("held_since", Instant),
    optional("lease_until", Instant),
    optional("moved_at", Instant),
    CheckConstraint("name ~ '^[a-z0-9][a-z0-9_.-]{0,62}$'", name="event_consumer_form"),
    CheckConstraint("position >= 0", name="event_consumer_position"),
)

closed_period = Table(
    "closed_period",
    metadata,
    column("agency_id", Integer, ForeignKey("debtflow.agency.id"), primary_key=True),
    column("month", Date, primary_key=True),
    column("closed_at", Instant),
    column("closed_by", Integer, ForeignKey("debtflow.users.id")),
    CheckConstraint("extract(day from month) = 1", name="closed_period_first_day"),
)

period_reopened = Table(
    "period_reopened",
    metadata,
    column("id", BigInteger, Identity(always=True), primary_key=True),
    column("agency_id", Integer, ForeignKey("debtflow.agency.id")),
    column("month", Date),
    column("closed_at", Instant),
    column("closed_by", Integer, ForeignKey("debtflow.users.id")),
    column("reopened_at", Instant),
    column("reopened_by", Integer, ForeignKey("debtflow.users.id")),
    column("reason", Text),
    CheckConstraint("extract(day from month) = 1", name="period_reopened_first_day"),
    CheckConstraint("length(reason) between 1 and 400", name="period_reopened_reason"),
)

payment_processor = Table(
    "payment_processor",
    metadata,
    column("name", Text, primary_key=True),
    column("methods", ARRAY(Text)),
    column("what", Text),
)

payment_method = Table(
    "payment_method",
    metadata,
    column("name", Text, primary_key=True),
    column("processor", Text, ForeignKey("debtflow.payment_processor.name")),
    column("in_trust", Boolean),
    column("by_hand", Boolean, server_default=text("true")),
)

reversal_reason = Table(
    "reversal_reason",
    metadata,
    column("name", Text, primary_key=True),
    column("what", Text),
)

payment = Table(
    "payment",
    metadata,
    column("id", BigInteger, primary_key=True),
    column("agency_id", Integer),
    column("account_id", BigInteger),
    column("submission_id", Uuid),
    column("request_hash", LargeBinary),
    column("amount", BigInteger),
    column("currency", Currency),
    column("method", Text),
    optional("reference", Text),
    column("payer", Text),
    column("parts", ARRAY(BigInteger)),
    column("over", BigInteger),
    column("due_before", ARRAY(BigInteger)),
    column("bucket_order", ARRAY(SmallInteger)),
    column("effective_on", Date),
    column("recorded_at", Instant),
    column("user_id", Integer),
    optional("reverses", BigInteger),
    optional("reason", Text),
    CheckConstraint("amount > 0", name="payment_amount_positive"),
    CheckConstraint("length(reference) <= 100", name="payment_reference_length"),
    CheckConstraint(
        "array_length(parts, 1) = 4 and 0 <= all (parts) and over >= 0 "
        "and parts[1] + parts[2] + parts[3] + parts[4] + over = amount",
        name="payment_parts_sum",
    ),
    UniqueConstraint("submission_id", name="payment_submission_key"),
    Index("payment_account_idx", "account_id", "id"),
    Index("payment_user_idx", "user_id", "id"),
)
