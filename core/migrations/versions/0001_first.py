"""The first tables, as PostgreSQL wrote them down from the models."""

from pathlib import Path

from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    script = Path(__file__).with_suffix(".sql").read_text()
    connection = op.get_bind().connection.dbapi_connection
    assert connection is not None
    # Function bodies hold semicolons: let the server part the statements.
    connection.run_async(lambda asyncpg: asyncpg.execute(script))


def downgrade() -> None:
    raise NotImplementedError("There is nothing before the first tables.")
