"""Whether the tables are those of the newest revision, asked without loading what it takes to migrate."""

import asyncio
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

_VERSIONS = Path(__file__).resolve().parents[1] / "migrations" / "versions"


def are_current(database_url: str) -> bool:
    """True when the database stands at the newest revision; False when it does not or cannot say."""
    newest = newest_revision(_VERSIONS)
    return newest is not None and asyncio.run(_standing(database_url)) == newest


def newest_revision(folder: Path) -> str | None:
    """The revision that no other builds on, read from the files; None when there is none or more than one."""
    found, built_on = set(), set()
    for file in folder.glob("*.py"):
        text = file.read_text()
        found |= set(re.findall(r'^revision\b[^=]*= ["\'](\w+)["\']', text, re.MULTILINE))
        built_on |= set(re.findall(r'^down_revision\b[^=]*= ["\'](\w+)["\']', text, re.MULTILINE))
    newest = found - built_on
    return newest.pop() if len(newest) == 1 else None


async def _standing(database_url: str) -> str | None:
    import asyncpg

    parts = urlsplit(database_url)
    connection = await asyncpg.connect(
        host=parse_qs(parts.query)["host"][0], user=parts.username, database=parts.path.lstrip("/")
    )
    try:
        found: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
        return found
    except asyncpg.UndefinedTableError:
        return None
    finally:
        await connection.close()
