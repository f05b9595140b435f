"""Teams of people who work accounts."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Integer, Table, Text, UniqueConstraint

from services.store.tables.base import column, metadata, optional

team = Table(
    "team",
    metadata,
    column("id", Integer, Identity(always=True), primary_key=True),
    column("agency_id", Integer, ForeignKey("debtflow.agency.id")),
    column("name", Text),
    optional("most_accounts", BigInteger),
    CheckConstraint("name ~ '^[a-z][a-z0-9-]{1,30}$'", name="team_name_form"),
    CheckConstraint("most_accounts between 0 and 1000000000000000", name="team_most_range"),
    UniqueConstraint("agency_id", "name", name="team_name_key"),
)

team_member = Table(
    "team_member",
    metadata,
    column("user_id", Integer, ForeignKey("debtflow.users.id"), primary_key=True),
    column("team_id", Integer, ForeignKey("debtflow.team.id")),
    column("agency_id", Integer, ForeignKey("debtflow.agency.id")),
    Index("team_member_team_idx", "team_id"),
)
