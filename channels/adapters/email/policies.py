"""Policies: who may send in a domain's name (SPF, RFC 7208), and whether all the mail servers that send for us may."""

from collections.abc import Iterator, Sequence
from ipaddress import ip_address, ip_network

from channels.adapters.email.domains import organisation
from channels.adapters.email.publishing import Names, Record, silent
from core.errors import TransientError
from core.launcher.findings import Finding

# How many further questions a record may cost (RFC 7208, 4.6.4).
MAX_LOOKUPS = 10
_ASKING = ("include:", "exists:", "redirect=")


def examine(domain: str, relays: Sequence[str], names: Names) -> Iterator[Finding]:
    """How the domain's policy stands, and whether each of `relays` (hosts) may send by it.

    Those on this machine, or at a private address, send under another: of them nothing can be said.
    """
    far = [host for host in dict.fromkeys(relays) if _named(host)]
    publish = f"Publish: {Record(domain, 'TXT', ' '.join(['v=spf1 mx', *map(_named, far), '~all']))}"
    try:
        found = _policies(domain, names)
        if len(found) == 1:
            yield _sound(found[0], domain, names, publish)
    except TransientError as error:
        yield silent("SPF", error)
        return
    if not found:
        yield Finding("fail", "SPF", f"none for {domain}.", publish)
    elif len(found) > 1:
        yield Finding("fail", "SPF", "there are several, which counts as none.", "Leave one of them.")
    else:
        for host in far:
            yield _covers(found[0], domain, host, names)


def _sound(record: str, domain: str, names: Names, publish: str) -> Finding:
    terms = _terms(record)
    asked = _questions(terms, names, {domain})
    if asked > MAX_LOOKUPS:
        told = f"it costs {asked} further questions; after {MAX_LOOKUPS} receivers give up."
        return Finding("fail", "SPF", told, "Name networks (ip4:, ip6:) instead of including records.")
    last = next((term for term in terms if term.lstrip("+-~?") == "all"), "")
    if last in ("all", "+all"):
        return Finding("fail", "SPF", "it lets everybody send in our name.", publish)
    if last not in ("-all", "~all") and not any(term.startswith("redirect=") for term in terms):
        return Finding("warn", "SPF", "it refuses nobody.", "Let it end with ~all or -all.")
    return Finding("ok", "SPF", record)


def _covers(record: str, domain: str, host: str, names: Names) -> Finding:
    what = f"SPF {host}"
    try:
        ours = {host} if _is_address(host) else set(names.addresses(host))
        if _allows(_terms(record), domain, host, ours, names, {domain}):
            return Finding("ok", what, "this mail server is among those that may send.")
    except TransientError as error:
        return silent(what, error)
    terms = record.split()
    ends = (
        at for at, term in enumerate(terms) if term.lower().lstrip("+-~?").startswith(("all", "redirect="))
    )
    last = next(ends, len(terms))
    better = " ".join([*terms[:last], _named(host), *terms[last:]])
    return Finding(
        "warn", what, "this mail server, or what it sends by, is not named: where it sends, mail may be refused.",
        f"Add what its owner tells you to include, or publish: {Record(domain, 'TXT', better)}",
    )  # fmt: skip


def _allows(
    terms: Sequence[str], domain: str, host: str, ours: set[str], names: Names, seen: set[str]
) -> bool:
    """Whether one of `ours` may send; what the host's own company says, included by us, is said of all its servers."""
    for term in terms:
        if term[0] in "-~?":
            continue
        name, _, value = term.lstrip("+").replace("=", ":", 1).partition(":")
        kind, _, length = name.partition("/")
        if "%" in value or kind not in ("ip4", "ip6", "a", "mx", "include", "redirect"):
            continue
        if kind in ("ip4", "ip6"):
            if _within(ours, [value], ""):
                return True
            continue
        place, _, stated = value.partition("/")
        place, length = (place or domain).rstrip("."), stated or length
        if kind in ("include", "redirect"):
            if place in seen or len(seen) > MAX_LOOKUPS:
                continue
            seen.add(place)
            if _speaks_for(place, host) and not _speaks_for(domain, host):
                return True
            if any(
                _allows(_terms(each), place, host, ours, names, seen) for each in _policies(place, names)[:1]
            ):
                return True
        else:
            servers = [place] if kind == "a" else [each for _, each in names.exchanges(place)][:MAX_LOOKUPS]
            if host in (each.lower().rstrip(".") for each in servers):
                return True
            if any(_within(ours, names.addresses(each), length) for each in servers):
                return True
    return False


def _speaks_for(domain: str, host: str) -> bool:
    """Whether domain and host are one company's. What it sends by is its own business, and not what we hand mail to."""
    return not _is_address(host) and organisation(domain) == organisation(host) != ""


def _within(ours: set[str], networks: Sequence[str], length: str) -> bool:
    """Whether an address lies in one of these networks, or of these addresses by a length ("24", "24//64")."""
    four, _, six = length.partition("//")
    for each in networks:
        try:
            bits = "" if "/" in each else (six if ":" in each else four)
            network = ip_network(f"{each}/{bits}" if bits else each, strict=False)
        except ValueError:
            continue
        if any(ip_address(one) in network for one in ours):
            return True
    return False


def _terms(record: str) -> list[str]:
    return record.lower().split()[1:]


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _named(host: str) -> str:
    """The server in a record; nothing for one on this machine, which sends under the machine's own name."""
    try:
        address = ip_address(host)
    except ValueError:
        return f"a:{host}" if "." in host else ""
    return "" if not address.is_global else f"ip{address.version}:{address}"


def _policies(domain: str, names: Names) -> list[str]:
    return [text for text in names.texts(domain) if text.lower().split(" ", 1)[0] == "v=spf1"]


def _questions(terms: list[str], names: Names, seen: set[str]) -> int:
    """How many names a receiver has to ask for; counted until there are too many."""
    asked = 0
    for term in (term.lstrip("+-~?") for term in terms):
        if asked > MAX_LOOKUPS:
            break
        if term.startswith(_ASKING) or term.split(":")[0].split("/")[0] in ("a", "mx", "ptr"):
            asked += 1
        if term.startswith(("include:", "redirect=")):
            inner = term.replace("=", ":", 1).partition(":")[2]
            if inner in seen or "%" in inner:
                continue
            seen.add(inner)
            for record in _policies(inner, names)[:1]:
                asked += _questions(_terms(record), names, seen)
    return asked
