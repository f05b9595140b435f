"""What providers send, kept as received, and what became of it."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    raise NotImplementedError("data only moves forward: restore a backup instead")


TABLES = """
select 1
"""
