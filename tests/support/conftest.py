"""Fixtures of the tests of support."""

import pytest


@pytest.fixture(autouse=True)
def told(environment: None) -> None:
    """What tickets promise is counted in the opening hours, which are a setting."""
