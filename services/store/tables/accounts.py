"""Clients and their terms, debtors, accounts, and the work done on them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from services.store.tables.base import Bytewise, Currency, Instant, column, metadata, optional
from services.store.tables.words import words_of

UNPRINTABLE = r"U&'[\0001-\001f\007f-\009f\202a-\202e\2066-\2069]'"

book = Table(
    "book",
    metadata,
    column("id", Integer, Identity(always=True), primary_key=True),
    column("agency_id", Integer, ForeignKey("debtflow.agency.id")),
    column("currency", Currency),
    CheckConstraint("currency ~ '^[A-Z]{3}$'", name="book_currency_form"),
)

client = Table(
    "client",
    metadata,
    column("id", Integer, Identity(always=True), primary_key=True),
    column("agency_id", Integer, ForeignKey("debtflow.agency.id")),
    column("book_id", Integer, ForeignKey("debtflow.book.id")),
    column("code", Text),
    column("name", Text),
    column("assignment_rule", Text),
    column("turn", BigInteger, server_default=text("0")),
    CheckConstraint("code ~ '^[A-Z][A-Z0-9_]{1,15}$'", name="client_code_form"),
    CheckConstraint("length(name) between 1 and 120", name="client_name_length"),
    CheckConstraint("assignment_rule in ('one_collector', 'round_robin')", name="client_rule_known"),
    UniqueConstraint("agency_id", "code", name="client_code_key"),
)

client_collector = Table(
    "client_collector",
    metadata,
    column("client_id", Integer, ForeignKey("debtflow.client.id"), primary_key=True),
    column("position", SmallInteger, primary_key=True),
    column("user_id", Integer, ForeignKey("debtflow.users.id")),
    UniqueConstraint("client_id", "user_id", name="client_collector_once"),
)

contract = Table(
    "contract",
    metadata,
    column("id", Integer, Identity(always=True), primary_key=True),
    column("agency_id", Integer, ForeignKey("debtflow.agency.id")),
    column("client_id", Integer, ForeignKey("debtflow.client.id")),
    column("starts_on", Date),
    column("commission_bp", Integer),
    column("bucket_order", ARRAY(SmallInteger)),
    optional("settlement_floor_bp", Integer),
    column("spread_rule", Text, server_default=text("'oldest_first'")),
    column("interest_bp", Integer, server_default=text("0")),
    CheckConstraint("commission_bp between 0 and 10000", name="contract_commission_range"),
    CheckConstraint("settlement_floor_bp between 1 and 10000", name="contract_floor_range"),
    CheckConstraint(
        "(bucket_order @> '{1,2,3,4}'::smallint[]) and (array_length(bucket_order, 1) = 4)",
        name="contract_order_complete",
    ),
    CheckConstraint("starts_on between '1900-01-01' and '9999-12-31'", name="contract_start_bounded"),
    CheckConstraint("array_ndims(bucket_order) = 1", name="contract_order_flat"),
    CheckConstraint(
        "spread_rule in ('oldest_first', 'largest_first', 'smallest_first', 'proportional')",
        name="contract_spread_known",
    ),
    CheckConstraint("interest_bp between 0 and 10000", name="contract_interest_range"),
    UniqueConstraint("client_id", "starts_on", name="contract_client_start_key"),
)

person = Table(
    "person",
    metadata,
    column("id", BigInteger, Identity(always=True), primary_key=True),
    column("agency_id", Integer, ForeignKey("debtflow.agency.id")),
)

debtor = Table(
    "debtor",
    metadata,
    column("id", BigInteger, Identity(always=True), primary_key=True),
    column("agency_id", Integer, ForeignKey("debtflow.agency.id")),
    optional("person_id", BigInteger, ForeignKey("debtflow.person.id")),
    column("name", Text),
    column("first_norm", Bytewise),
    column("last_norm", Bytewise),
    optional("ssn_last4", Text),
    optional("forgotten_at", Instant),
    CheckConstraint("length(name) between 1 and 200", name="debtor_name_length"),
    CheckConstraint(rf"name !~ {UNPRINTABLE}", name="debtor_name_plain"),
    CheckConstraint("ssn_last4 ~ '^[0-9]{4}$'", name="debtor_ssn_form"),
    Index("debtor_person_idx", "person_id", postgresql_where=text("person_id is not null")),
    Index(
        "debtor_likeness_idx",
        "agency_id",
        "ssn_last4",
        "last_norm",
        "first_norm",
        "id",
        postgresql_where=text("ssn_last4 is not null"),
    ),
)

debtor_contact = Table(
    "debtor_contact",
    metadata,
    column("id", BigInteger, Identity(always=True), primary_key=True),
    column("agency_id", Integer, ForeignKey("debtflow.agency.id")),
    column("debtor_id", BigInteger, ForeignKey("debtflow.debtor.id")),
    column("kind", Text),
    column("value", Text),
    column("label", Text, server_default=text("''")),
    column("is_primary", Boolean, server_default=text("false")),
    optional("removed_at", Instant),
    CheckConstraint("kind in ('phone', 'email', 'address')", name="contact_kind_known"),
    CheckConstraint("length(value) between 1 and 400", name="contact_value_length"),
    CheckConstraint(r"value !~ U&'[\0001-\0009\000b-\001f\007f-\009f\202a-\202e\2066-\2069]'", name="contact_plain"),
    CheckConstraint("length(label) <= 60", name="contact_label_length"),
    Index("debtor_contact_debtor_idx", "debtor_id"),
)

status_move = Table(
    "status_move",
    metadata,
    column("from_status", Text, primary_key=True),
    column("to_status", Text, primary_key=True),
    column("made_by", Text),
    column("needs_reason", Boolean),
    CheckConstraint("made_by in ('person', 'kernel')", name="status_move_maker"),
)

closing_reason = Table(
    "closing_reason",
    metadata,
    column("name", Text, primary_key=True),
    column("made_by", Text),
    CheckConstraint("made_by in ('person', 'kernel')", name="closing_reason_maker"),
)

account = Table(
    "account",
    metadata,
    column("id", BigInteger, Identity(always=True), primary_key=True),
    column("agency_id", Integer, ForeignKey("debtflow.agency.id")),
    column("client_id", Integer, ForeignKey("debtflow.client.id")),
    optional("collector_id", Integer, ForeignKey("debtflow.users.id")),
    column("debtor_id", BigInteger, ForeignKey("debtflow.debtor.id")),
    column("number", Bytewise),
    column("external_ref", Bytewise),
    column("debtor_name", Text),
    column("last_norm", Bytewise),
    column("first_norm", Bytewise),
    column("status", Text, server_default=text("'new'")),
    optional("status_before", Text),
    optional("closed_reason", Text, ForeignKey("debtflow.closing_reason.name")),
    column("priority", SmallInteger, server_default=text("2")),
    column("currency", Currency),
    column("original_amount", BigInteger),
    optional("account_type", Text),
    optional("creditor_name", Text),
    column("placed_on", Date),
    optional("due_on", Date),
    optional("charge_off_on", Date),
    optional("follow_up_on", Date),
    optional("import_batch_id", BigInteger),
    optional("import_row", Integer),
    CheckConstraint("length(external_ref) between 1 and 64", name="account_ref_length"),
    CheckConstraint(
        "status in ('new', 'assigned', 'in_contact', 'negotiating', 'payment_plan', 'disputed', 'settled', 'closed')",
        name="account_status_known",
    ),
    CheckConstraint("priority between 0 and 3", name="account_priority_range"),
    CheckConstraint("original_amount > 0", name="account_original_positive"),
    CheckConstraint("original_amount <= 1000000000000000", name="account_original_bounded"),
    CheckConstraint(
        "due_on between '1900-01-01' and '9999-12-31' and follow_up_on between '1900-01-01' and '9999-12-31' "
        "and charge_off_on between '1900-01-01' and '9999-12-31' and placed_on between '1970-01-01' and '9999-12-31'",
        name="account_days_bounded",
    ),
    CheckConstraint(
        rf"concat(external_ref, debtor_name, creditor_name, account_type) !~ {UNPRINTABLE}", name="account_texts_plain"
    ),
    CheckConstraint("length(creditor_name) <= 200 and length(account_type) <= 200", name="account_texts_length"),
    CheckConstraint("(status = 'closed') = (closed_reason is not null)", name="account_closed_has_reason"),
    UniqueConstraint("agency_id", "number", name="account_number_key"),
    Index(
        "account_external_ref_key",
        "client_id",
        "external_ref",
        unique=True,
        postgresql_where=text("closed_reason is distinct from 'placement_undone'"),
    ),
    UniqueConstraint("import_batch_id", "import_row", name="account_import_row_key"),
    Index("account_collector_number_idx", "collector_id", "number"),
    Index(
        "account_agency_follow_idx",
        "agency_id",
        "follow_up_on",
        "id",
        postgresql_where=text("status <> all (ARRAY['closed', 'settled'])"),
    ),
    Index(
        "account_collector_follow_idx",
        "collector_id",
        "follow_up_on",
        "id",
        postgresql_where=text("status <> all (ARRAY['closed', 'settled'])"),
    ),
    Index("account_debtor_idx", "debtor_id"),
)

account_balance = Table(
    "account_balance",
    metadata,
    column("account_id", BigInteger, ForeignKey("debtflow.account.id"), primary_key=True),
    column("agency_id", Integer),
    optional("collector_id", Integer),
    column("currency", Currency),
    column("due", ARRAY(BigInteger)),
    column("unapplied", BigInteger, server_default=text("0")),
    column("version", BigInteger, server_default=text("1")),
    optional("last_payment_on", Date),
    optional("last_posted_at", Instant),
    column("held", BigInteger, server_default=text("0")),
    CheckConstraint("(array_length(due, 1) = 4) and (0 <= all (due))", name="balance_buckets_not_negative"),
    CheckConstraint("unapplied >= 0", name="balance_unapplied_not_negative"),
    CheckConstraint("held >= 0", name="balance_held_not_negative"),
    postgresql_with={"fillfactor": 70},
)

activity = Table(
    "activity",
    metadata,
    column("id", BigInteger, Identity(always=True), primary_key=True),
    column("agency_id", Integer, ForeignKey("debtflow.agency.id")),
    column("account_id", BigInteger, ForeignKey("debtflow.account.id")),
    column("at", Instant),
    optional("user_id", Integer, ForeignKey("debtflow.users.id")),
    column("kind", Text),
    column("text", Text, server_default=text("''")),
    optional("outcome", Text),
    optional("promised_on", Date),
    optional("promised", BigInteger),
    CheckConstraint(
        "kind in ('note', 'call', 'status', 'assignment', 'import', 'follow_up', 'contact', 'flag', 'promise', "
        "'plan', 'settlement')",
        name="activity_kind_known",
    ),
    CheckConstraint("length(text) <= 4000", name="activity_text_length"),
    CheckConstraint("promised > 0", name="activity_promise_positive"),
    words_of("text", "text <> '' and kind not in ('import', 'assignment')"),
    Index("activity_account_idx", "account_id", "id"),
    Index("activity_words_idx", "words", postgresql_using="gin", postgresql_where=text("words is not null")),
    Index("activity_place_idx", "agency_id", "at", "id", postgresql_where=text("words is not null")),
)

account_flag = Table(
    "account_flag",
    metadata,
    column("id", BigInteger, Identity(always=True), primary_key=True),
    column("agency_id", Integer, ForeignKey("debtflow.agency.id")),
    column("account_id", BigInteger, ForeignKey("debtflow.account.id")),
    column("kind", Text),
    column("note", Text, server_default=text("''")),
    column("raised_at", Instant),
    column("raised_by", Integer, ForeignKey("debtflow.users.id")),
    optional("lifted_at", Instant),
    optional("lifted_by", Integer, ForeignKey("debtflow.users.id")),
    CheckConstraint(
        "kind in ('cease_and_desist', 'attorney', 'bankrupt', 'deceased', 'dispute')", name="flag_kind_known"
    ),
    CheckConstraint("length(note) <= 400", name="flag_note_length"),
    Index("account_flag_once", "account_id", "kind", unique=True, postgresql_where=text("lifted_at is null")),
)

account_viewer = Table(
    "account_viewer",
    metadata,
    column("account_id", BigInteger, ForeignKey("debtflow.account.id"), primary_key=True),
    column("user_id", Integer, ForeignKey("debtflow.users.id")),
    column("session_id", BigInteger, primary_key=True),
    column("since", Instant),
    column("seen_at", Instant),
)

search_key = Table(
    "search_key",
    metadata,
    column("account_id", BigInteger, primary_key=True),
    column("agency_id", Integer),
    optional("collector_id", Integer),
    column("kind", Bytewise, primary_key=True),
    column("key", Bytewise, primary_key=True),
    CheckConstraint("kind in ('name', 'ref', 'phone', 'phone_tail', 'email', 'ssn4')", name="search_kind_known"),
    Index("search_key_agency_idx", "agency_id", "kind", "key", "account_id"),
    Index("search_key_collector_idx", "collector_id", "kind", "key", "account_id"),
)

name_token = Table(
    "name_token",
    metadata,
    column("agency_id", Integer, ForeignKey("debtflow.agency.id"), primary_key=True),
    column("token", Bytewise, primary_key=True),
    Index("name_token_trigram_idx", "token", postgresql_using="gin", postgresql_ops={"token": "gin_trgm_ops"}),
)
