"""What the tests of the launcher share."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def home() -> Iterator[Path]:
    """A data folder to be, where root's unprivileged account can reach it; pytest's own are closed to it."""
    made = Path(tempfile.mkdtemp(prefix="tl-"))
    made.chmod(0o711)
    yield made / "home"
    shutil.rmtree(made, ignore_errors=True)
