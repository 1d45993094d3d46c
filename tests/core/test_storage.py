"""Files lie in a folder or a bucket: whole, under random names, and what is wrong with the place is said."""

import asyncio
from pathlib import Path

import pytest
from pydantic import SecretStr

from core.errors import Invalid, NotFound, TransientError
from core.settings import Settings
from core.storage import Storage, mint_name, open_storage
from tests.core.bucket_server import BucketServer


@pytest.fixture(params=["folder", "bucket"])
def storage(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> Storage:
    if request.param == "folder":
        told = settings.model_copy(update={"file_storage": str(tmp_path / "files")})
    else:
        told = request.getfixturevalue("bucket_server").settings(settings)
    found = open_storage(told)
    assert found is not None
    return found


async def test_what_is_put_is_got_listed_and_removed(storage: Storage) -> None:
    contents = {mint_name(): content for content in (b"", b"one", b"\x00\xff" * 300_000)}
    await asyncio.gather(*(storage.put(name, content) for name, content in contents.items()))
    assert {name: await storage.get(name) for name in contents} == contents
    sizes = {each.name: each.size async for each in storage.stored()}
    assert {name: sizes[name] for name in contents} == {
        name: len(content) for name, content in contents.items()
    }
    for name in contents:
        await storage.remove(name)
        await storage.remove(name)
    assert not contents.keys() & {each.name async for each in storage.stored()}
    with pytest.raises(NotFound):
        await storage.get(next(iter(contents)))


async def test_files_are_for_their_owner_alone_and_no_name_leaves_the_folder(
    settings: Settings, tmp_path: Path
) -> None:
    storage = open_storage(settings.model_copy(update={"file_storage": str(tmp_path / "files")}))
    assert storage is not None
    name = mint_name()
    await storage.put(name, b"one")
    assert (tmp_path / "files" / name).stat().st_mode & 0o077 == 0
    (tmp_path / "secret").write_text("secret")
    for name in ("../secret", "/etc/passwd", "..", "", "ab/../../secret"):
        with pytest.raises(NotFound):
            await storage.get(name)


async def test_a_place_that_cannot_be_used_is_named_without_a_secret(
    settings: Settings, bucket_server: BucketServer, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    wrong = [
        settings.model_copy(update={"file_storage": str(tmp_path / "file" / "files")}),
        bucket_server.settings(settings, s3_secret_access_key=SecretStr("wrong-secret")),
        bucket_server.settings(settings, file_storage="s3://there-is-none"),
        bucket_server.settings(settings, s3_endpoint="http://127.0.0.1:9"),
    ]
    for told in wrong:
        storage = open_storage(told)
        assert storage is not None
        with pytest.raises((TransientError, NotFound)) as refused:
            await storage.put(mint_name(), b"one")
        assert "wrong-secret" not in str(refused.value)


def test_a_setting_that_names_no_place_is_refused(settings: Settings) -> None:
    assert open_storage(settings) is None
    for said in ("files", "s3://", "ftp://a/b"):
        with pytest.raises(Invalid):
            open_storage(settings.model_copy(update={"file_storage": said}))
