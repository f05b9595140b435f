"""Receipts over several debts, adjustments and interest."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from services.store.tables.base import Currency, Instant, column, metadata, optional

KINDS = "'fee', 'cost', 'write_off', 'correct_up', 'correct_down'"

receipt = Table(
    "receipt",
    metadata,
    column("id", BigInteger, primary_key=True),
    column("agency_id", Integer),
    column("account_id", BigInteger),
    column("submission_id", Uuid),
    column("request_hash", LargeBinary),
    column("amount", BigInteger),
    column("currency", Currency),
    column("basis", Text),
    optional("instruction", Text),
    optional("rule", Text),
    optional("rule_client_id", Integer),
    optional("rule_since", Date),
    column("rules_agree", Boolean),
    column("effective_on", Date),
    column("recorded_at", Instant),
    column("user_id", Integer),
    CheckConstraint("amount > 0", name="receipt_amount_positive"),
    CheckConstraint("basis in ('policy', 'operator', 'payer')", name="receipt_basis_known"),
    CheckConstraint(
        "instruction in ('memo', 'letter', 'phone', 'email', 'in_person')", name="receipt_instruction_known"
    ),
    CheckConstraint("(basis = 'payer') = (instruction is not null)", name="receipt_instruction_said"),
    CheckConstraint("(basis = 'policy') = (rule is not null)", name="receipt_rule_named"),
    UniqueConstraint("submission_id", name="receipt_submission_key"),
)

receipt_part = Table(
    "receipt_part",
    metadata,
    column("receipt_id", BigInteger, ForeignKey("debtflow.receipt.id"), primary_key=True),
    column("no", SmallInteger, primary_key=True),
    column("agency_id", Integer),
    column("account_id", BigInteger),
    optional("payment_id", BigInteger),
    optional("skipped", Text),
    CheckConstraint("(payment_id is null) = (skipped is not null)", name="receipt_part_paid_or_skipped"),
    Index("receipt_part_payment_idx", "payment_id", unique=True, postgresql_where=text("payment_id is not null")),
    Index("receipt_part_account_idx", "account_id", "receipt_id"),
)

adjustment_reason = Table(
    "adjustment_reason",
    metadata,
    column("kind", Text, primary_key=True),
    column("name", Text, primary_key=True),
    column("what", Text),
    optional("closes_as", Text, ForeignKey("debtflow.closing_reason.name")),
    CheckConstraint(f"kind in ({KINDS}, 'reversal')", name="adjustment_reason_kind"),
)

adjustment = Table(
    "adjustment",
    metadata,
    column("id", BigInteger, primary_key=True),
    column("agency_id", Integer),
    column("account_id", BigInteger),
    column("submission_id", Uuid),
    column("request_hash", LargeBinary),
    column("kind", Text),
    column("reason", Text),
    column("amount", BigInteger),
    column("currency", Currency),
    column("parts", ARRAY(BigInteger)),
    column("due_before", ARRAY(BigInteger)),
    optional("closed_as", Text),
    column("effective_on", Date),
    column("recorded_at", Instant),
    column("user_id", Integer),
    optional("reverses", BigInteger),
    CheckConstraint(f"kind in ({KINDS})", name="adjustment_kind_known"),
    CheckConstraint("amount > 0", name="adjustment_amount_positive"),
    CheckConstraint(
        "array_length(parts, 1) = 4 and 0 <= all (parts) and parts[1] + parts[2] + parts[3] + parts[4] = amount",
        name="adjustment_parts_sum",
    ),
    UniqueConstraint("submission_id", name="adjustment_submission_key"),
    Index("adjustment_account_idx", "account_id", "id"),
)

interest_off = Table(
    "interest_off",
    metadata,
    column("id", BigInteger, Identity(always=True), primary_key=True),
    column("agency_id", Integer),
    column("account_id", BigInteger),
    column("from_on", Date),
    optional("to_on", Date),
    CheckConstraint("to_on >= from_on", name="interest_off_forward"),
    Index("interest_off_account_idx", "account_id"),
    Index("interest_off_once", "account_id", unique=True, postgresql_where=text("to_on is null")),
)

interest_pause = Table(
    "interest_pause",
    metadata,
    column("id", BigInteger, Identity(always=True), primary_key=True),
    column("agency_id", Integer),
    column("account_id", BigInteger, ForeignKey("debtflow.account.id")),
    column("from_on", Date),
    optional("to_on", Date),
    column("note", Text),
    column("paused_by", Integer, ForeignKey("debtflow.users.id")),
    optional("resumed_by", Integer, ForeignKey("debtflow.users.id")),
    CheckConstraint("length(note) between 1 and 400", name="interest_pause_note_length"),
    CheckConstraint("to_on >= from_on", name="interest_pause_forward"),
    Index("interest_pause_account_idx", "account_id"),
    Index("interest_pause_once", "account_id", unique=True, postgresql_where=text("to_on is null")),
)

interest_run = Table(
    "interest_run",
    metadata,
    column("agency_id", Integer, primary_key=True),
    column("day", Date, primary_key=True),
    column("after_account", BigInteger, server_default=text("0")),
    column("accounts", BigInteger, server_default=text("0")),
    column("posted", BigInteger, server_default=text("0")),
    optional("done_at", Instant),
)
