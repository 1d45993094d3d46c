"""Every route of the HTTP door, module by module."""

from typing import Any

from portal import health

MODULES: list[Any] = [
    health,
]

ROUTES = [handler for module in MODULES for handler in module.handlers]
