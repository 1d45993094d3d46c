"""Every table in one place, for migrations and tests."""

from importlib import import_module
from importlib.util import find_spec

from sqlalchemy import MetaData

from core.database import Base

# Named, not imported: the ground floor knows that the upper floors exist, it does not lean on them.
MODULES = (
    "core.jobs",
    "core.webhooks",
    "core.staff",
    "core.teams",
    "customers.models",
    "channels.models",
    "channels.endpoints",
    "campaigns.models",
    "campaigns.leads",
    "estore.goods",
    "estore.models",
    "estore.books",
    "support.models",
    "portal.models",
)


def import_models() -> MetaData:
    """Import every module that declares tables and return the metadata that they fill."""
    for module in MODULES:
        if find_spec(module) is not None:
            import_module(module)
    return Base.metadata
