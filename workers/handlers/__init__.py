"""What each job does: one file per package."""

import pkgutil
from importlib import import_module


def load() -> None:
    """Import every file here, so that each declares its handlers, and the wiring between departments."""
    for module in pkgutil.iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    import_module("workers.subscriptions")
