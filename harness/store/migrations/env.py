"""What Alembic runs its migrations in: the connection, and with it the transaction, is the caller's."""

from alembic import context

from softeid.harness.store.migration import VERSION_TABLE
from softeid.harness.store.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
