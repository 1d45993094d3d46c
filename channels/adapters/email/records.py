"""Records: what the DNS must say of a domain whose mail we send and take: MX, SPF, DKIM, DMARC."""

import base64
from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from channels.adapters.email import policies
from channels.adapters.email.publishing import Names, Record, silent
from channels.adapters.email.signing import Key, read_keys
from core.errors import TransientError
from core.launcher.findings import Finding
from core.mail_relays import mail_relays
from core.settings import Settings

POLICIES = ("none", "quarantine", "reject")


def examine(settings: Settings, names: Names) -> Iterator[Finding]:
    """How the records of our domain stand, each with what to publish where they do not stand well.

    Raises Invalid for DKIM keys that cannot be read.
    """
    domain = settings.mail_domain.lower()
    keys = [key for several in read_keys(settings.dkim_keys).values() for key in several]
    yield _mx(domain, names)
    yield from policies.examine(domain, [relay.host for relay in mail_relays(settings)], names)
    if not keys:
        yield Finding("warn", "DKIM", "we sign nothing: the mail server that sends for us must.", (
            "Name a key in THROUGHLINE_DKIM_KEYS, unless that server signs."
        ))  # fmt: skip
    for key in keys:
        yield _dkim(key, domain, names)
    yield _dmarc(domain, names)


def _mx(domain: str, names: Names) -> Finding:
    try:
        found = sorted(names.exchanges(domain))
    except TransientError as error:
        return silent("MX", error)
    publish = f"Publish: {Record(domain, 'MX', f'10 the-mail-server.{domain}.')}"
    if not found:
        return Finding("fail", "MX", f"none for {domain}: no mail comes in.", publish)
    if any(host in ("", ".") for _, host in found):
        return Finding("fail", "MX", f"{domain} says that it takes no mail (RFC 7505).", publish)
    return Finding("ok", "MX", ", ".join(f"{preference} {host}" for preference, host in found))


def _tags(record: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): "".join(value.split()) for name, mark, value in pairs if mark}


def public_half(key: Key) -> str:
    """What stands in the DNS for a key (RFC 6376, 3.6.1; RFC 8463, 4): base64."""
    public = key.secret.public_key()
    if isinstance(key.secret, RSAPrivateKey):
        return base64.b64encode(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    return base64.b64encode(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def _dkim(key: Key, domain: str, names: Names) -> Finding:
    name, what = f"{key.selector}._domainkey.{key.domain}", f"DKIM {key.selector}"
    kind = "rsa" if isinstance(key.secret, RSAPrivateKey) else "ed25519"
    publish = f"Publish: {Record(name, 'TXT', f'v=DKIM1; k={kind}; p={public_half(key)}')}"
    if domain != key.domain and not domain.endswith(f".{key.domain}"):
        told = f"its key is of {key.domain}, but we send as {domain}."
        return Finding("warn", what, told, "Make a key of that domain, else DMARC does not count it.")
    try:
        found = [_tags(text) for text in names.texts(name)]
    except TransientError as error:
        return silent(what, error)
    held = [tags.get("p", "") for tags in found if "p" in tags]
    if public_half(key) in held:
        return Finding("ok", what, f"{kind}, published under {name}")
    if not held:
        return Finding("fail", what, f"nothing stands under {name}: every signature fails.", publish)
    told = "the key there is withdrawn." if held == [""] else "another key stands there."
    return Finding("fail", what, told, publish)


def _dmarc(domain: str, names: Names) -> Finding:
    publish = f"Publish: {Record(f'_dmarc.{domain}', 'TXT', 'v=DMARC1; p=quarantine')}"
    labels = domain.split(".")
    # The domain's own, else what a domain above it says for those below.
    for place in range(max(1, len(labels) - 1)):
        owner = ".".join(labels[place:])
        try:
            found = [text for text in names.texts(f"_dmarc.{owner}") if _tags(text).get("v") == "DMARC1"]
        except TransientError as error:
            return silent("DMARC", error)
        if not found:
            continue
        if len(found) > 1:
            return Finding("fail", "DMARC", "there are several, which counts as none.", "Leave one of them.")
        tags = _tags(found[0])
        policy = (tags.get("sp") if place else None) or tags.get("p", "")
        if policy.lower() not in POLICIES:
            return Finding("fail", "DMARC", f"it asks for nothing that there is: {found[0]}", publish)
        if policy.lower() == "none":
            return Finding("warn", "DMARC", f"it asks nobody to refuse forged mail: {found[0]}", publish)
        return Finding("ok", "DMARC", f"{found[0]} (at {owner})")
    return Finding("fail", "DMARC", f"none for {domain}.", publish)
