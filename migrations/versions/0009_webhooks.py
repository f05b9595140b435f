"""What providers send, kept as received, and what became of it."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    raise NotImplementedError("data only moves forward: restore a backup instead")


# The body stands as bytes: the signature is over them, and jsonb would keep neither their order nor their spaces.
# A refused delivery names the event that it claimed to be, but does not take its place.
TABLES = """
create table webhook_event (
  id               bigint generated always as identity primary key,
  agency_id        int not null references agency,
  provider         text not null constraint webhook_provider_known check (provider in ('stripe', 'paystack')),
  event_id         text collate "C" constraint webhook_event_id_length check (length(event_id) between 1 and 255),
  type             text constraint webhook_type_length check (length(type) between 1 and 255),
  created_at       timestamptz,
  received_at      timestamptz not null,
  headers          jsonb not null constraint webhook_headers_shape check (jsonb_typeof(headers) = 'array'),
  signature        text constraint webhook_signature_length check (length(signature) <= 4096),
  body             bytea not null constraint webhook_body_length check (length(body) <= 1048576),
  size             bigint not null,
  sha256           bytea,
  state            text not null constraint webhook_state_known
    check (state in ('queued', 'processed', 'replayed', 'ignored', 'refused', 'failed')),
  reason           text constraint webhook_reason_length check (length(reason) between 1 and 400),
  deliveries       int not null default 1,
  last_delivery_at timestamptz not null,
  attempts         int not null default 0,
  settled_at       timestamptz,
  constraint webhook_headers_length check (length(headers::text) <= 262144),
  constraint webhook_accepted_whole check (state = 'refused'
    or (event_id is not null and type is not null and size = length(body) and sha256 = sha256(body))),
  constraint webhook_refused_cut check (state <> 'refused' or length(body) <= 4096),
  constraint webhook_said_why check (state not in ('refused', 'failed', 'ignored') or reason is not null),
  constraint webhook_settled_has_time check ((state = 'queued') = (settled_at is null))
);
create unique index webhook_event_once on webhook_event (agency_id, provider, event_id) where state <> 'refused';
create index webhook_event_agency_idx on webhook_event (agency_id, id);
create index webhook_event_state_idx on webhook_event (agency_id, state, id);
"""
