"""Where a feed is dialled and with which accounts, and how their secrets stay out of sight.

Kite takes the API key and the access token in the URL, so a URL with both is a secret: it is made at
the moment of dialling, and whatever is shown or logged is `Endpoint.shown`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit, urlunsplit

from kitetui.feed.retry import TokenUnreadable
from kitetui.proxies import LOOPBACK

KITE_URL: Final = "wss://ws.kite.trade/"

SIMULATED_HEADER: Final = "X-Kitetui-Simulated"
"""The header of a handshake, 1, by which a simulated exchange says that its prices are made up."""

_SECRETS = ("api_key", "access_token")


TokenSource = Callable[[], str | Awaitable[str]]
"""Returns the access token of the moment, or what gives it when awaited; called before every dial."""

DEFAULT_ACCOUNT: Final = "default"
"""The name of the account of a manager that was given no names."""


@dataclass(frozen=True, slots=True)
class Account:
    """One API key under a name; without a key nothing is sent, which only a test server accepts.

    access_token: a text, or a function that returns the current one; it may be asynchronous.
    """

    name: str
    api_key: str | None = field(repr=False)
    access_token: str | TokenSource | None = field(repr=False)

    async def at_this_moment(self) -> Account:
        """Return the account with its token of this moment as a text. Raises TokenUnreadable."""
        if not callable(self.access_token):
            return self
        try:
            given = self.access_token()
            token = given if isinstance(given, str) else await given
        except Exception as error:
            # By its type alone: a text could hold what the source had read of the token.
            raise TokenUnreadable(type(error).__name__) from error
        return replace(self, access_token=token)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What of it must not be shown, as far as it is known."""
        token = self.access_token
        return tuple(each for each in (self.api_key, token) if isinstance(each, str) and each)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The root of a WebSocket service that speaks Kite's protocol.

    `root` is the URL without secrets; `query` holds further parameters to send, in order: the official
    sandbox is `Endpoint("wss://ws-sandbox.kite.trade/", (("user_id", "AB1234"),))`.

    Raises ValueError for a root that is no WebSocket URL or has a query of its own.
    """

    root: str = KITE_URL
    query: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if _split(self.root).query:
            raise ValueError("the root of an endpoint has no query; give its parameters in `query`")

    @classmethod
    def parse(cls, url: str) -> tuple[Endpoint, Account | None]:
        """Take a URL apart into the endpoint and, where the URL carries a key and a token, the account.

        Raises ValueError with one sentence when it is no WebSocket URL.
        """
        parts = _split(url)
        query = parse_qsl(parts.query, keep_blank_values=True)
        secrets = {name: value for name, value in query if name in _SECRETS}
        if len(secrets) == 1:
            raise ValueError("the URL carries one of api_key and access_token; it takes both or neither")
        plain = tuple((name, value) for name, value in query if name not in _SECRETS)
        # The slash before the query is needed: some load balancers answer 400 without it.
        root = urlunsplit((parts.scheme, parts.netloc, parts.path or "/", "", ""))
        return cls(root, plain), Account(DEFAULT_ACCOUNT, **secrets) if secrets else None

    def url(self, account: Account | None) -> str:
        """Return the URL to dial: a secret, never to be shown. The account's token is a text."""
        pairs = list(self.query)
        if account is not None and account.api_key is not None:
            pairs += [("api_key", account.api_key), ("access_token", str(account.access_token or ""))]
        return f"{self.root}?{urlencode(pairs, quote_via=quote)}" if pairs else self.root

    @property
    def shown(self) -> str:
        """The URL as it may be shown: scheme, host and path."""
        return self.root

    @property
    def is_loopback(self) -> bool:
        """Whether the service runs on this machine."""
        return urlsplit(self.root).hostname in LOOPBACK

    @property
    def is_encrypted(self) -> bool:
        """Whether what is sent is hidden from the network."""
        return urlsplit(self.root).scheme == "wss"


def _split(url: str) -> SplitResult:
    # No part of the URL is repeated in these sentences: it may hold a token.
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("that is no URL; write it like ws://127.0.0.1:9001/") from None
    if parts.scheme not in ("ws", "wss") or not parts.hostname or port == 0:
        raise ValueError("a WebSocket URL starts with ws:// or wss:// and a host, like ws://127.0.0.1:9001/")
    if parts.username or parts.password:
        raise ValueError("a user name or password in the URL is not supported; use api_key and access_token")
    if parts.fragment:
        raise ValueError("a WebSocket URL has no part behind '#'")
    return parts


class Distribution(StrEnum):
    """How symbols find their connection when no account is named."""

    ROUND_ROBIN = "round_robin"
    """Evenly over the connections of all accounts."""
    MANUAL = "manual"
    """They do not: every subscription names one."""
    FILL_FIRST = "fill_first"
    """On the first connection until it is full, then on the next; once placed they stay. Only the first
    connection is dialled without symbols (`KiteManagerConfig.connect_when_idle`)."""


def checked(accounts: Iterable[Account]) -> tuple[Account, ...]:
    """Return the accounts. Raises ValueError when there are none, or two share a name or a key."""
    listed = tuple(accounts)
    if not listed:
        raise ValueError("a manager needs at least one account")
    if len({account.name for account in listed}) < len(listed):
        raise ValueError("two accounts have the same name; give each its own")
    keys = [account.api_key for account in listed if account.api_key is not None]
    if len(set(keys)) < len(keys):
        raise ValueError("two accounts have the same API key, whose connections Kite counts together")
    return listed
