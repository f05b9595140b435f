"""The job queue's own schema."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    raise NotImplementedError("data only moves forward: restore a backup instead")


TABLES = """
select 1
"""
