"""The proxy on the way to a host, as the environment names it: one answer for the feed, REST and the doctor.

`https_proxy`, `http_proxy` and `all_proxy` name one, `no_proxy` the hosts that are reached without: names,
with all below them, addresses, and networks such as `fd00::/8`. A proxy is `http://`, `https://` or `socks5://`.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from ipaddress import ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from kitetui.errors import UserError

_KINDS: Final = {
    "https": ("https", "all"),
    "wss": ("https", "all"),
    "http": ("http", "all"),
    "ws": ("http", "all"),
}
"""The variables that are looked at for a URL, in this order."""

_SCHEMES: Final = {
    "http": "http",
    "https": "https",
    "socks": "socks5",
    "socks5": "socks5",
    "socks5h": "socks5h",
}

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
"""The names of this machine, on the way to which there is no proxy."""

_SOCKS_PACKAGES: Final = ("python_socks", "socksio")


def proxy_of(url: str) -> str | None:
    """Return the URL of the proxy on the way to this URL, None where there is none.

    It may hold a password, and is not to be shown. Raises UserError where the environment names none that can
    be used.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    named = getproxies()
    kind = next((each for each in _KINDS.get(parts.scheme, ()) if named.get(each)), None)
    if kind is None or host in LOOPBACK or _is_direct(host, port, named):
        return None
    return _checked(named[kind], f"{kind}_proxy")


def _is_direct(host: str, port: int | None, named: Mapping[str, str]) -> bool:
    """Whether a host is to be reached without a proxy."""
    if "no" not in named:
        return bool(proxy_bypass(host))  # by the settings of the desktop, where those name the proxy
    entries = (entry.strip() for entry in named["no"].split(","))
    return any(_means(entry, host, port) for entry in entries if entry)


def _means(entry: str, host: str, port: int | None) -> bool:
    if entry == "*":
        return True
    try:
        return ip_address(host) in ip_network(entry.strip("[]"), strict=False)
    except ValueError:  # one of them is a name, or has a port
        pass
    parts = urlsplit(f"//{entry}")
    try:
        name, only = parts.hostname or "", parts.port
    except ValueError:
        return False
    name = name.removeprefix("*").removeprefix(".")
    is_meant = bool(name) and (host == name or host.endswith(f".{name}"))
    return is_meant and (only is None or only == port)


def _checked(proxy: str, name: str) -> str:
    # No part of the value is repeated in these sentences: it may hold a password.
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    scheme = _SCHEMES.get(parts.scheme.lower())
    try:
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_whole = False
    if scheme is None or not is_whole:
        raise UserError(
            f"{name} in the environment names no proxy that can be used",
            "write it as http://host:port or socks5://host:port, or unset it",
        )
    if scheme.startswith("socks") and not all(map(find_spec, _SOCKS_PACKAGES)):
        raise UserError(
            f"{name} in the environment names a SOCKS proxy, for which packages are missing",
            "run pip install 'kitetui[socks]'",
        )
    return f"{scheme}://{parts.netloc}"
