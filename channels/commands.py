"""The commands of channels."""

import json
from dataclasses import asdict

import click


@click.command()
@click.option(
    "--resolver", help="The name server to ask, 192.0.2.1 or 192.0.2.1:5353; else that of the settings."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def dns(resolver: str | None, as_json: bool) -> None:
    """Check what the DNS says of the domain that we send and take mail for, and print what to publish; 1 when
    something is wrong."""
    from channels.adapters.email.records import examine
    from channels.adapters.email.resolving import Resolver, place
    from core.errors import Invalid
    from core.settings import settings

    try:
        asked = place(resolver or settings().name_server)
    except Invalid as error:
        raise click.UsageError(error.message) from None
    wrong = False
    for finding in examine(settings(), Resolver(*asked)):
        wrong = wrong or finding.level == "fail"
        if as_json:
            click.echo(json.dumps(asdict(finding), ensure_ascii=False))
            continue
        click.echo(f"{finding.level:<5} {finding.what}: {finding.told}")
        if finding.mend:
            click.echo(f"      → {finding.mend}")
    if wrong:
        raise SystemExit(1)
