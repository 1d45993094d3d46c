"""Network addresses: which of them lie outside our own house."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

# Translated into IPv4 by the network that we stand in (RFC 6052, RFC 8215): what counts is where that leads.
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))


def is_public(address: str) -> bool:
    """Whether everybody's internet has this IP address: not loopback, private, link-local, multicast or reserved.

    An IPv6 address that leads to an IPv4 one is judged by that one. Raises ValueError for what is no address.
    """
    return _is_public(ip_address(address.partition("%")[0]))


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and any(address in network for network in _NAT64):
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _is_public(inner)
        if address.teredo is not None or address.is_site_local:
            return False
        # The old "IPv4-compatible" form, ::10.0.0.1.
        if int(address) < 2**32:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved
