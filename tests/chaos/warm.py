"""All that a worker or relay imports, loaded once: what is forked from here starts at once, and dies as usual."""

from importlib import import_module

from workers.commands import _load_handlers

for name in (
    "tests.chaos.command",
    "workers.broker",
    "workers.relay",
    "workers.sampling",
    "workers.schedule",
):
    import_module(name)
_load_handlers()
