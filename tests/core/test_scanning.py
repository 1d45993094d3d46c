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


async def test_what_is_too_large_for_it_is_told_from_what_it_did_not_answer_however_it_hangs_up() -> None:
    async with running_scanner() as scanner:
        scanner.limit = 100_000
        for size in (100_001, 1_000_000, 10_000_000) * 5:
            with pytest.raises(scanning.TooLarge, match="size limit exceeded"):
                await scanning.scan(scanner.address, b"x" * size)
        assert await scanning.scan(scanner.address, b"x" * 100_000) is None
        scanner.limit, scanner.says = 25_000_000, b"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND"
        with pytest.raises(scanning.TooLarge):
            await scanning.scan(scanner.address, b"one")
        scanner.says = b"stream: Can't allocate memory ERROR"
        with pytest.raises(TransientError, match="Can't allocate memory"):
            await scanning.scan(scanner.address, b"one")


async def test_whoever_does_not_answer_says_nothing_is_clean() -> None:
    async with running_scanner() as scanner:
        scanner.says = b""
        with pytest.raises(TransientError):
            await scanning.scan(scanner.address, b"one")
    with pytest.raises(TransientError):
        await scanning.scan(scanner.address, b"one")
    with pytest.raises(TransientError):
        await scanning.scan("/nowhere/clamd.sock", b"one")
    with pytest.raises(Invalid):
        await scanning.scan("clamd", b"one")
