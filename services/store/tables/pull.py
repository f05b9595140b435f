"""What was seen on clients' servers, what was taken and what was refused."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Integer, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from services.store.tables.base import Bytewise, Instant, column, metadata, optional

pull_client = Table(
    "pull_client",
    metadata,
    column("client_id", Integer, ForeignKey("debtflow.client.id"), primary_key=True),
    column("agency_id", Integer, ForeignKey("debtflow.agency.id")),
    column("looked_at", Instant),
    column("next_at", Instant),
    optional("trouble", Text),
    column("failures", Integer, server_default=text("0")),
    column("looks", BigInteger, server_default=text("1")),
    CheckConstraint("length(trouble) between 1 and 400", name="pull_client_trouble_length"),
    CheckConstraint("(failures > 0) = (trouble is not null)", name="pull_client_failures_counted"),
    Index("pull_client_agency_idx", "agency_id"),
)

pull_file = Table(
    "pull_file",
    metadata,
    column("id", BigInteger, Identity(always=True), primary_key=True),
    column("agency_id", Integer, ForeignKey("debtflow.agency.id")),
    column("client_id", Integer, ForeignKey("debtflow.client.id")),
    column("name", Bytewise),
    column("size", BigInteger),
    column("modified_at", Instant),
    column("first_seen_at", Instant),
    column("still_since", Instant),
    column("state", Text, server_default=text("'waiting'")),
    column("since", Instant),
    optional("sha256", LargeBinary),
    optional("batch_id", BigInteger, ForeignKey("debtflow.import_batch.id")),
    optional("rule", Text),
    optional("reason", Text),
    optional("hint", Text),
    optional("moved_to", Text),
    optional("trouble", Text),
    column("tries", Integer, server_default=text("0")),
    optional("finished_at", Instant),
    optional("verdict", Text),
    optional("policy", JSONB),
    optional("why", JSONB),
    optional("decided_at", Instant),
    CheckConstraint("length(name) between 1 and 1000", name="pull_name_length"),
    CheckConstraint("size >= 0", name="pull_size_positive"),
    CheckConstraint(
        "state in ('waiting', 'fetched', 'staging', 'staged', 'refused', 'taken', 'quarantined', 'gone')",
        name="pull_state_known",
    ),
    CheckConstraint("length(sha256) = 32", name="pull_sha256_length"),
    CheckConstraint("length(rule) between 1 and 60", name="pull_rule_length"),
    CheckConstraint("length(reason) between 1 and 400", name="pull_reason_length"),
    CheckConstraint("length(hint) between 1 and 400", name="pull_hint_length"),
    CheckConstraint("length(moved_to) between 1 and 1200", name="pull_moved_to_length"),
    CheckConstraint("length(trouble) between 1 and 400", name="pull_trouble_length"),
    CheckConstraint(
        "(state in ('taken', 'quarantined', 'gone')) = (finished_at is not null)", name="pull_finished_has_time"
    ),
    CheckConstraint(
        "state in ('waiting', 'refused', 'quarantined', 'gone') or sha256 is not null", name="pull_kept_is_hashed"
    ),
    CheckConstraint(
        "state = 'quarantined' or (state in ('staged', 'taken')) = (batch_id is not null)", name="pull_taken_has_batch"
    ),
    CheckConstraint("(state in ('refused', 'quarantined')) = (reason is not null)", name="pull_refused_says_why"),
    CheckConstraint("verdict in ('released', 'left')", name="pull_verdict_known"),
    CheckConstraint("jsonb_typeof(policy) = 'object'", name="pull_policy_shape"),
    CheckConstraint("jsonb_typeof(why) = 'array'", name="pull_why_shape"),
    CheckConstraint("num_nulls(verdict, why, decided_at) in (0, 3)", name="pull_decided_says_why"),
    CheckConstraint("(verdict = 'left') = (why <> '[]')", name="pull_left_for_reasons"),
    CheckConstraint("verdict is null or batch_id is not null", name="pull_decided_has_batch"),
    Index("pull_file_open_once", "client_id", "name", unique=True, postgresql_where=text("finished_at is null")),
    Index("pull_file_agency_idx", "agency_id", "id"),
    Index("pull_file_batch_idx", "batch_id", postgresql_where=text("batch_id is not null")),
)
