"""Which addresses a remote engine may have. Operators name them, never users; a typing error or a copied URL must
still not make the server talk to the metadata service of its cloud, which hands out credentials.

Loopback and private networks are where such servers normally stand, so they are allowed. Names are not resolved here:
whoever controls a name that the operator chose controls the engine anyway.
"""

import ipaddress
import socket

import httpx

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Metadata services outside of the link-local networks, and their names.
METADATA_ADDRESSES = {ipaddress.ip_address("fd00:ec2::254"), ipaddress.ip_address("100.100.100.200")}
METADATA_NAMES = {"metadata", "metadata.google.internal", "instance-data", "instance-data.ec2.internal"}
NAT64 = ipaddress.ip_network("64:ff9b::/96")


def checked_url(url: str) -> str:
    """The URL as it is. Raises ValueError: not http(s), with credentials, or an address that no engine has.

    It is read as the client will read it, so that the two cannot disagree about the host.
    """
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ValueError("is not a URL") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ValueError("must begin with http:// or https:// and name a host")
    if parsed.userinfo or "@" in url or "\\" in url:
        raise ValueError("must contain no user name, password or backslash; there is a setting for the API key")
    if parsed.query or parsed.fragment:
        raise ValueError("must end with the path: neither ? nor #")
    host = parsed.raw_host.decode("ascii").lower().strip("[]").rstrip(".")
    address = _address(host)
    if host in METADATA_NAMES or (address is not None and _is_forbidden(address)):
        raise ValueError("names a link-local or metadata address, which no engine has")
    return url


def _address(host: str) -> Address | None:
    """The address that the host is, in any spelling that a resolver takes: decimal, octal, hexadecimal, shortened."""
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def _is_forbidden(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _is_forbidden(inner)
    return address.is_link_local or address.is_multicast or address in METADATA_ADDRESSES
