"""`throughline verify` looks after the files outside of the database, too."""

from pathlib import Path

import pytest
from sqlalchemy import text

from core.database import Database
from core.settings import Settings
from core.settings import settings as process_settings
from core.storage import mint_name, open_storage
from workers import commands


async def test_a_file_that_is_gone_is_a_difference(
    settings: Settings, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = str(tmp_path / "files")
    monkeypatch.setenv("THROUGHLINE_FILE_STORAGE", place)
    process_settings.cache_clear()
    storage = open_storage(process_settings())
    assert storage is not None
    name = mint_name()
    await storage.put(name, b"one")
    async with database.transaction() as session:
        await session.execute(text("INSERT INTO blob (sha256, name) VALUES ('a', :name)"), {"name": name})
    assert (await commands._verify(0)).differences == []
    await storage.remove(name)
    [found] = (await commands._verify(0)).differences
    assert (found.check, found.subject) == ("a file is where it was kept", place)
    assert found.derived == f"1 of 1 files are not in {place}."
