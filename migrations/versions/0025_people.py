"""Teams, and how many accounts each of their people works at most."""

from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.execute(TEAMS)


def downgrade() -> None:
    raise NotImplementedError("data only moves forward: restore a backup instead")


# A person is in one team at most, so that one team's limit is theirs.
TEAMS = """
create table team (
  id            int generated always as identity primary key,
  agency_id     int not null references agency,
  name          text not null constraint team_name_form check (name ~ '^[a-z][a-z0-9-]{1,30}$'),
  most_accounts bigint constraint team_most_range check (most_accounts between 0 and 1000000000000000),
  constraint team_name_key unique (agency_id, name)
);

create table team_member (
  user_id   int primary key references users,
  team_id   int not null references team,
  agency_id int not null references agency
);
create index team_member_team_idx on team_member (team_id);
"""
