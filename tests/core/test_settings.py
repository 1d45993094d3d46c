"""A setting that cannot be is refused with a sentence that names it."""

import pytest
from pydantic import ValidationError

from core.settings import Settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("time_zone", "Nowhere/None"),
        ("time_zone", "../etc/passwd"),
        ("trusted_proxies", "10.0.0.0/33"),
        ("metrics_port", "70000"),
        ("smtp_relay_security", "ssl"),
        ("secret_key", "short"),
    ],
)
def test_what_cannot_be_is_refused(
    settings: Settings, name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"THROUGHLINE_{name.upper()}", value)
    with pytest.raises(ValidationError) as refused:
        Settings()  # type: ignore[call-arg]  # filled from the environment
    assert [error["loc"] for error in refused.value.errors()] == [(name,)]
