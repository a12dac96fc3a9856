"""Which service is meant: Kite, its sandbox, the simulated exchange, or one that the user describes.

A service is three addresses (REST, login page, socket) and the two things in which the sandbox differs from
Kite: a prefix before its routes, and the user's id on the socket.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit

from kitetui.errors import UserError
from kitetui.proxies import LOOPBACK

KITE_VERSION: Final = "3"
"""The version of the API that is spoken."""

ADDRESSES: Final = {"rest": ("https", "http"), "login": ("https", "http"), "socket": ("wss", "ws")}
"""The addresses of a service, each with its scheme, and the one that is for this machine alone."""


@dataclass(frozen=True, slots=True)
class EndpointProfile:
    """The addresses of one service, under a name.

    rest: the root of the REST routes, without a slash at its end.
    prefix: what stands before every route but those of the instruments, like `/oms`.
    sends_user_id: whether the socket wants the user's id in its query.

    Raises UserError for an address that is none, or that would send secrets in the clear to another machine.
    """

    name: str
    rest: str
    login: str
    socket: str
    prefix: str = ""
    sends_user_id: bool = False

    def __post_init__(self) -> None:
        for field, value in (
            ("rest", self.rest),
            ("login", self.login),
            ("socket", self.socket),
            ("prefix", self.prefix),
        ):
            if problem := what_is_wrong(field, value):
                raise UserError(f"endpoint {self.name}: {field} {problem}")

    def url(self, route: str) -> str:
        """Return the URL of a route such as `/user/profile`."""
        return f"{self.rest}{'' if route.startswith('/instruments') else self.prefix}{route}"

    def login_url(self, api_key: str, state: str) -> str:
        """Return the address of the login page; `state` comes back with the redirect."""
        query = {"v": KITE_VERSION, "api_key": api_key, "redirect_params": urlencode({"state": state})}
        return f"{self.login}?{urlencode(query)}"

    def socket_query(self, user_id: str) -> tuple[tuple[str, str], ...]:
        """Return what the socket wants in its query beside the key and the token."""
        return (("user_id", user_id),) if self.sends_user_id else ()

    @property
    def is_loopback(self) -> bool:
        """Whether the service runs on this machine."""
        return urlsplit(self.rest).hostname in LOOPBACK


def endpoint_named(name: str, own: Iterable[EndpointProfile] = ()) -> EndpointProfile:
    """Return the service of a name; one of the user's own goes before one that ships.

    Raises UserError for a name that is not known.
    """
    known = {each.name: each for each in (*ENDPOINTS, *own)}
    if name not in known:
        raise UserError(f"no endpoint {name!a}", f"there are {', '.join(known)}")
    return known[name]


def what_is_wrong(field: str, value: str) -> str:
    """Return what is wrong with an address or the prefix of a service, empty where nothing is.

    The sentence goes on behind the field's name, and repeats nothing of the value.
    """
    if field == "prefix":
        sound = not value or (value.startswith("/") and not value.endswith("/") and _is_path(value))
        return "" if sound else "is no path; write it like /oms, or leave it out"
    secure, clear = ADDRESSES[field]
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return f"is no URL; write it like {secure}://host"
    if parts.scheme not in (secure, clear) or not host or "?" in value or "#" in value or parts.username:
        return f"is a URL like {secure}://host, without a query or a user name"
    if field == "rest" and value.endswith("/"):
        return "has a slash at its end; leave it out"
    if parts.scheme == clear and host not in LOOPBACK:
        return f"would send secrets in the clear to another machine; use {secure}://"
    return ""


def _is_path(value: str) -> bool:
    return value.isascii() and value.isprintable() and not set(value) & set(" ?#")


# At the end, since making one of these checks it.
KITE: Final = EndpointProfile(
    "kite", "https://api.kite.trade", "https://kite.zerodha.com/connect/login", "wss://ws.kite.trade/"
)

SANDBOX: Final = EndpointProfile(
    "sandbox",
    "https://sandbox.kite.trade",
    "https://sandbox.kite.trade/connect/login",
    "wss://ws-sandbox.kite.trade/",
    prefix="/oms",
    sends_user_id=True,
)

SIMULATOR: Final = EndpointProfile(
    "simulator", "http://127.0.0.1:9002", "http://127.0.0.1:9002/connect/login", "ws://127.0.0.1:9001/"
)

ENDPOINTS: Final = (KITE, SANDBOX, SIMULATOR)
"""The services that are known without any configuration."""
