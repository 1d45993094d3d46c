"""Indexes for revisions: built while the table is written to."""

from alembic import op
from sqlalchemy import text

# Building waits for every older transaction to end. Nobody waits behind it meanwhile, so it may be long.
PATIENCE = "10min"
VALID = text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)")


def build(name: str, definition: str, *, unique: bool = False) -> None:
    """Build an index, as in build("ix_job_tag", "job (tag)"), without keeping anybody from writing.

    Call it in a revision that does nothing else: it ends the transaction. What an attempt that was broken off left
    behind is built anew.
    """
    with op.get_context().autocommit_block():
        connection = op.get_bind()
        valid = connection.scalar(VALID, {"name": name})
        if valid:
            return
        op.execute(f"SET lock_timeout = '{PATIENCE}'")
        if valid is False:
            op.execute(f"DROP INDEX CONCURRENTLY {name}")
        op.execute(f"CREATE {'UNIQUE ' if unique else ''}INDEX CONCURRENTLY {name} ON {definition}")
        op.execute("RESET lock_timeout")
