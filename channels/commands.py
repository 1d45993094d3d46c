"""The commands of channels."""

import json
from dataclasses import asdict
from ipaddress import ip_address

import click


@click.command()
@click.option("--resolver", help="The name server to ask, 192.0.2.1 or 192.0.2.1:5353; else the machine's.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def dns(resolver: str | None, as_json: bool) -> None:
    """Check what the DNS says of the domain that we send and take mail for, and print what to publish; 1 when
    something is wrong."""
    from channels.adapters.email.records import examine
    from channels.adapters.email.resolving import Resolver
    from core.settings import settings

    wrong = False
    for finding in examine(settings(), Resolver(*_place(resolver))):
        wrong = wrong or finding.level == "fail"
        if as_json:
            click.echo(json.dumps(asdict(finding), ensure_ascii=False))
            continue
        click.echo(f"{finding.level:<5} {finding.what}: {finding.told}")
        if finding.mend:
            click.echo(f"      → {finding.mend}")
    if wrong:
        raise SystemExit(1)


def _place(resolver: str | None) -> tuple[str | None, int]:
    if resolver is None:
        return None, 53
    host, _, port = resolver.rpartition(":") if resolver.count(":") == 1 else (resolver, "", "53")
    try:
        return str(ip_address(host)), int(port)
    except ValueError:
        raise click.UsageError(f"{resolver} is not the address of a name server.") from None
