"""How Alembic runs here: always on the connection that ``migrations.runner`` hands it, inside that one transaction."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, version_table_schema="debtflow", transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
