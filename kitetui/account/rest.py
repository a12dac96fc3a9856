"""Kite's REST service, as far as it is needed: a login, who it is, its end, and the list of instruments."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import socket
import ssl
import time
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

import httpx

from kitetui.account.problems import UnexpectedAnswerError, UnreachableError, down, refusal
from kitetui.account.profiles import KITE_VERSION, EndpointProfile
from kitetui.account.secrets import Secrets
from kitetui.formatting import plain
from kitetui.logs import redacted
from kitetui.proxies import proxy_of

TIMEOUT: Final = 10.0
"""Seconds that an answer may take."""

_DOWNLOAD_TIMEOUT: Final = 120.0
"""Seconds that a list of instruments may take."""

VERSION_HEADER: Final = {"X-Kite-Version": KITE_VERSION}

_LONGEST: Final = 60
"""Characters of a name that are shown."""

_LARGEST: Final = 2**20
"""Bytes of an answer, as sent and as read; Kite's have a few thousand."""

_LARGEST_LIST: Final = 64 * 2**20
"""Bytes of a list of instruments as sent; Kite's has about ten million without gzip."""

_GZIP: Final = "gzip"

_REASONS: Final[dict[type[BaseException], str]] = {
    TimeoutError: "it took too long",
    httpx.TimeoutException: "it took too long",
    socket.gaierror: "its name is not known here",
    ssl.SSLError: "the connection to it cannot be made secure",
    ConnectionRefusedError: "nothing listens there",
    httpx.ProtocolError: "it does not speak HTTP, or broke off",
}
"""What is said of which cause; the first that fits counts."""


@dataclass(frozen=True, slots=True)
class User:
    """Who a token belongs to; both texts are fit to be shown."""

    user_id: str
    name: str


class KiteRest:
    """A client of one service for one API key; an asynchronous context manager.

    Each method raises one of `kitetui.account.problems`.
    """

    def __init__(
        self,
        endpoint: EndpointProfile,
        api_key: str,
        *,
        timeout: float = TIMEOUT,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Make a client; nothing is dialled yet.

        timeout: seconds that an answer may take, all in all.
        now: this machine's clock, in UTC seconds.
        """
        self.endpoint = endpoint
        self.clock_ahead: float | None = None
        """Seconds that this machine's clock is ahead of the server's, to a second; None if not known."""
        self._api_key = api_key
        self._timeout = timeout
        self._now = now
        # The simulated exchange's key is a word that may well stand for itself.
        self._secrets: set[str] = set() if endpoint.is_loopback else {api_key}
        self._client = httpx.AsyncClient(
            headers={**VERSION_HEADER, "Accept-Encoding": _GZIP},
            timeout=timeout,
            verify=httpx.create_ssl_context(),  # of the environment's certificates too
            proxy=proxy_of(endpoint.rest),
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    async def exchange(self, request_token: str, api_secret: str) -> Secrets:
        """Exchange a request token, which works once, for the access token of the day."""
        checksum = hashlib.sha256(f"{self._api_key}{request_token}{api_secret}".encode()).hexdigest()
        self._secrets |= {request_token, api_secret, checksum}
        form = {"api_key": self._api_key, "request_token": request_token, "checksum": checksum}
        data = await self._ask("POST", "/session/token", form=form, exchanging=True)
        access_token = _text(data, "access_token")
        self._secrets.add(access_token)
        return Secrets(
            api_key=self._api_key,
            api_secret=api_secret,
            access_token=access_token,
            user_id=_shown(data, "user_id"),
            issued_at=self._now() - (self.clock_ahead or 0.0),
            endpoint=self.endpoint.name,
        )

    async def user(self, access_token: str) -> User:
        """Return whose token it is, which proves that it is alive."""
        self._secrets.add(access_token)
        data = await self._ask("GET", "/user/profile", headers=authorization(self._api_key, access_token))
        return User(_shown(data, "user_id"), _shown(data, "user_name"))

    async def revoke(self, access_token: str) -> None:
        """End the session of a token, and with it the token."""
        self._secrets.add(access_token)
        query = {"api_key": self._api_key, "access_token": access_token}
        with _hidden_in_the_log(self._secrets):  # Kite wants the token in the URL
            await self._ask("DELETE", "/session/token", query=query)

    async def instruments(
        self,
        file: BinaryIO,
        *,
        access_token: str = "",
        progress: Callable[[int, int | None], None] = lambda received, total: None,
    ) -> None:
        """Write the list of all instruments into a file as it is sent: CSV, most likely inside gzip.

        access_token: one that is alive, for a service that gives the list to those alone who are logged in.
        progress: is told how many bytes have come, and of how many, None where that is not known.
        """
        url = self.endpoint.url("/instruments")
        headers = authorization(self._api_key, access_token) if access_token else None
        try:
            async with (
                asyncio.timeout(_DOWNLOAD_TIMEOUT),
                self._client.stream("GET", url, headers=headers) as response,
            ):
                self._note_clock(response.headers.get("date"))
                if not response.is_success:
                    self._data(response.status_code, await _body(response), exchanging=False)
                length = response.headers.get("content-length", "")
                total = int(length) if length.isdigit() else None
                # As sent: a download that broke off inside gzip is found out by whoever opens it.
                async for chunk in response.aiter_raw():
                    if response.num_bytes_downloaded > _LARGEST_LIST:
                        raise _too_large(_LARGEST_LIST)
                    file.write(chunk)
                    progress(response.num_bytes_downloaded, total)
        except (httpx.HTTPError, TimeoutError) as error:
            raise _unreachable(url, error) from None

    async def _ask(
        self,
        method: str,
        route: str,
        *,
        query: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        exchanging: bool = False,
    ) -> Any:
        url = self.endpoint.url(route)
        try:
            async with (
                asyncio.timeout(self._timeout),
                self._client.stream(method, url, params=query, data=form, headers=headers) as response,
            ):
                body = await _body(response)
        except (httpx.HTTPError, OSError) as error:
            # Without its cause: that holds the request, and so the secrets.
            raise _unreachable(url, error) from None
        self._note_clock(response.headers.get("date"))
        return self._data(response.status_code, body, exchanging=exchanging)

    def _data(self, status: int, body: bytes, *, exchanging: bool) -> Any:
        """Return what an envelope holds. Raises the error that it stands for."""
        try:
            envelope = json.loads(body)
        except (ValueError, RecursionError):
            envelope = None
        if not isinstance(envelope, dict) or envelope.get("status") not in ("success", "error"):
            if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                raise down(status)
            raise _unexpected(f"status {status}, and nothing in Kite's form")
        if envelope["status"] == "error" or not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            kind, message = (str(envelope.get(name) or "") for name in ("error_type", "message"))
            raise refusal(status, kind, message, exchanging=exchanging, secrets=self._secrets)
        return envelope.get("data")

    def _note_clock(self, date: str | None) -> None:
        try:
            self.clock_ahead = self._now() - _seconds(date or "")
        except (ValueError, TypeError, OverflowError):
            self.clock_ahead = None


def authorization(api_key: str, access_token: str) -> dict[str, str]:
    """Return the headers that prove a login to any route."""
    return {**VERSION_HEADER, "Authorization": f"token {api_key}:{access_token}"}


def _seconds(date: str) -> float:
    # The dates of HTTP are always in UTC, whatever they call it.
    return parsedate_to_datetime(date).replace(tzinfo=UTC).timestamp()


async def _body(response: httpx.Response) -> bytes:
    """Read the body of an answer. Raises UnexpectedAnswerError for one that is far too large.

    The HTTP client would unpack a body without a limit: a few kilobytes of gzip can be gigabytes.
    """
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > _LARGEST:
            raise _too_large(_LARGEST)
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        return bytes(body)
    if encoding != _GZIP:
        raise _unexpected("an encoding that was not asked for")
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        unpacked = unpacking.decompress(bytes(body), _LARGEST + 1)
    except zlib.error:
        raise _unexpected("gzip that cannot be read") from None
    if len(unpacked) > _LARGEST:
        raise _too_large(_LARGEST)
    return unpacked


def _text(data: Any, name: str) -> str:
    """Return a value that is to be sent again: one word of ASCII."""
    value = data.get(name) if isinstance(data, dict) else None
    if (
        not isinstance(value, str)
        or not value.isascii()
        or not value.isprintable()
        or value.split() != [value]
    ):
        raise _unexpected(f"no {name.replace('_', ' ')} where there should be one")
    return value


def _shown(data: Any, name: str) -> str:
    value = data.get(name) if isinstance(data, dict) else None
    return plain(str(value or ""))[:_LONGEST]


def _too_large(limit: int) -> UnexpectedAnswerError:
    return _unexpected(f"more than {limit / 2**20:.0f} MB where far less is usual")


def _unexpected(what: str) -> UnexpectedAnswerError:
    return UnexpectedAnswerError(
        f"Kite's address answers with {what}",
        "look whether the network has a login page or a proxy of its own",
    )


def _unreachable(url: str, error: Exception) -> UnreachableError:
    host = httpx.URL(url).host
    reason = next(
        (said for kind, said in _REASONS.items() if any(isinstance(each, kind) for each in _causes(error))),
        "there is no connection to it",
    )
    return UnreachableError(f"no answer from {host}: {reason}", "look at the network and try again")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and all that led to it: the HTTP client tells the kinds apart by their causes alone."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for each in error.exceptions:
                yield from _causes(each)
        error = error.__cause__ or error.__context__


class _WithoutSecrets(logging.Filter):
    """Hides what is secret in a URL, which the HTTP client logs to whoever listens."""

    def __init__(self, secrets: Collection[str]) -> None:
        super().__init__()
        self._secrets = secrets

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redacted(record.getMessage(), self._secrets), ()
        return True


@contextmanager
def _hidden_in_the_log(secrets: Collection[str]) -> Iterator[None]:
    """Hide these secrets in what the HTTP client logs meanwhile."""
    logger, hiding = logging.getLogger("httpx"), _WithoutSecrets(secrets)
    logger.addFilter(hiding)
    try:
        yield
    finally:
        logger.removeFilter(hiding)
