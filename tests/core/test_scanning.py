"""clamd is asked in its own words, and only a clear answer counts."""

import pytest

from core import scanning
from core.errors import Invalid, TransientError
from tests.core.scanner import EICAR, running_scanner


async def test_a_virus_is_named_and_a_clean_file_is_clean() -> None:
    async with running_scanner() as scanner:
        assert await scanning.scan(scanner.address, b"") is None
        assert await scanning.scan(scanner.address, b"x" * 1_000_000) is None
        assert await scanning.scan(scanner.address, b"x" * 200_000 + EICAR) == "Eicar-Test-Signature"
        assert (await scanning.version(scanner.address)).startswith("ClamAV 1.4.6")


async def test_what_is_too_large_for_it_or_not_answered_is_never_clean() -> None:
    async with running_scanner() as scanner:
        scanner.limit = 100_000
        with pytest.raises(TransientError, match=r"size limit exceeded|StreamMaxLength"):
            await scanning.scan(scanner.address, b"x" * 10_000_000)
    with pytest.raises(TransientError):
        await scanning.scan(scanner.address, b"one")
    with pytest.raises(TransientError):
        await scanning.scan("/nowhere/clamd.sock", b"one")
    with pytest.raises(Invalid):
        await scanning.scan("clamd", b"one")
