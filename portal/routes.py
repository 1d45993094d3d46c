"""Every route of the HTTP door, module by module."""

from typing import Any

from portal import health, webhooks
from portal.customer import account, signin
from portal.desk import home, operations, settings, team
from portal.desk import signin as desk_signin

MODULES: list[Any] = [
    health,
    webhooks,
    signin,
    account,
    desk_signin,
    home,
    team,
    settings,
    operations,
]

ROUTES = [handler for module in MODULES for handler in module.handlers]
