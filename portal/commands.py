"""The command that the HTTP door gives to `throughline`."""

import click


@click.command()
@click.option("--workers", default=1, show_default=True, help="Processes that serve.")
def web(workers: int) -> None:
    """Serve the customer site, the desk and the API."""
    from granian import Granian
    from granian.constants import Interfaces

    from core.logging import configure
    from core.settings import settings

    configure()
    Granian(
        "portal.commands:application",
        address=settings().host,
        port=settings().port,
        interface=Interfaces.ASGI,
        factory=True,
        workers=workers,
        websockets=False,
        log_access=False,
    ).serve()


def application() -> object:
    """The ASGI application of a serving process."""
    from core.logging import configure
    from core.settings import settings
    from portal.app import create_app

    configure()
    return create_app(settings())
