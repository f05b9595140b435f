"""What providers send, and when each chore last ran; the queue's own tables are its library's."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Interval,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from services.store.tables.base import Bytewise, Instant, column, metadata, optional

webhook_event = Table(
    "webhook_event",
    metadata,
    column("id", BigInteger, Identity(always=True), primary_key=True),
    column("agency_id", Integer, ForeignKey("debtflow.agency.id")),
    column("provider", Text),
    optional("event_id", Bytewise),
    optional("type", Text),
    optional("created_at", Instant),
    column("received_at", Instant),
    column("headers", JSONB),
    optional("signature", Text),
    column("body", LargeBinary),
    column("size", BigInteger),
    optional("sha256", LargeBinary),
    column("state", Text),
    optional("reason", Text),
    column("deliveries", Integer, server_default=text("1")),
    column("last_delivery_at", Instant),
    column("attempts", Integer, server_default=text("0")),
    optional("settled_at", Instant),
    optional("forgotten_at", Instant),
    CheckConstraint("provider in ('stripe', 'paystack')", name="webhook_provider_known"),
    CheckConstraint("length(event_id) between 1 and 255", name="webhook_event_id_length"),
    CheckConstraint("length(type) between 1 and 255", name="webhook_type_length"),
    CheckConstraint("jsonb_typeof(headers) = 'array'", name="webhook_headers_shape"),
    CheckConstraint("length(headers::text) <= 262144", name="webhook_headers_length"),
    CheckConstraint("length(signature) <= 4096", name="webhook_signature_length"),
    CheckConstraint("length(body) <= 1048576", name="webhook_body_length"),
    CheckConstraint(
        "state in ('queued', 'processed', 'replayed', 'ignored', 'refused', 'failed')", name="webhook_state_known"
    ),
    CheckConstraint("length(reason) between 1 and 400", name="webhook_reason_length"),
    CheckConstraint(
        "state = 'refused' or forgotten_at is not null or (event_id is not null and type is not null "
        "and size = length(body) and sha256 = sha256(body))",
        name="webhook_accepted_whole",
    ),
    CheckConstraint(
        "forgotten_at is null or (body = '' and headers = '[]' and signature is null)", name="webhook_forgotten_empty"
    ),
    CheckConstraint("state <> 'refused' or length(body) <= 4096", name="webhook_refused_cut"),
    CheckConstraint("state not in ('refused', 'failed', 'ignored') or reason is not null", name="webhook_said_why"),
    CheckConstraint("(state = 'queued') = (settled_at is null)", name="webhook_settled_has_time"),
    Index(
        "webhook_event_once",
        "agency_id",
        "provider",
        "event_id",
        unique=True,
        postgresql_where=text("state <> 'refused'"),
    ),
    Index("webhook_event_agency_idx", "agency_id", "id"),
    Index("webhook_event_state_idx", "agency_id", "state", "id"),
)

chore_run = Table(
    "chore_run",
    metadata,
    column("agency_id", Integer, ForeignKey("debtflow.agency.id"), primary_key=True),
    column("chore", Text, primary_key=True),
    column("every", Interval),
    column("started_at", Instant),
    column("finished_at", Instant),
    optional("done", BigInteger),
    optional("error", Text),
    column("runs", BigInteger, server_default=text("1")),
    column("failures", Integer, server_default=text("0")),
    CheckConstraint("length(chore) between 1 and 60", name="chore_name_length"),
    CheckConstraint("length(error) between 1 and 400", name="chore_error_length"),
    CheckConstraint("(done is null) = (error is not null)", name="chore_ended_somehow"),
    CheckConstraint("(failures > 0) = (error is not null)", name="chore_failures_counted"),
)
