"""The simulated exchange's REST: its login page, tokens, the user and the instruments, as Kite has them.

Only the login page is short: whoever opens it is logged in, and sent back at once.
"""

from __future__ import annotations

import asyncio
import csv
import gzip
import hashlib
import hmac
import io
import json
import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from kitetui.account.redirect import HOST, BrowserRequest, Response, listening
from kitetui.instruments import Instrument, Kind
from kitetui.instruments.instrument import EXCHANGES
from kitetui.simulator.faults import HandshakeFaults
from kitetui.times import IST
from kitetui.wire import divisor_of

API_SECRET: Final = "simulated-secret"  # noqa: S105 - of the simulated exchange, and nothing else
USER_ID: Final = "SIM001"
USER_NAME: Final = "Simulated User"

REQUEST_TOKEN_LIFE: Final = 180.0
"""Seconds in which a request token can be exchanged."""

COLUMNS: Final = tuple(
    "instrument_token exchange_token tradingsymbol name last_price expiry strike tick_size lot_size "
    "instrument_type segment exchange".split()
)
"""The columns of the list of instruments."""

_ROUTES: Final = ("/connect/login", "/session/token", "/user/profile", "/instruments")


class RestFaults(HandshakeFaults):
    """What is wrong with answers; nothing, at first.

    delay: seconds before each is given.
    route: how the paths begin that `refuse` is about; all, if empty.
    truncated: whether the list of instruments breaks off in its middle.
    cancelled: whether every login is cancelled by its user.
    """

    def __init__(self) -> None:
        super().__init__()
        self.route = ""
        self.truncated = self.cancelled = False

    def lift(self) -> None:
        """Answer as if nothing had ever been wrong."""
        super().lift()
        self.route = ""
        self.truncated = self.cancelled = False


class SimulatedRest:
    """The routes of an exchange, on a port of their own.

    redirect_url: where the login page sends the browser, as an app has it registered at Kite.
    """

    def __init__(
        self,
        tokens: dict[str, str],
        instruments: Iterable[Instrument],
        *,
        api_secret: str,
        redirect_url: str,
        now: Callable[[], float],
    ) -> None:
        """Take the exchange's keys with their access tokens, which logins and logouts change in place.

        api_secret: the secret of every key.
        now: the clock, in UTC seconds.
        """
        self.redirect_url = redirect_url
        self.faults = RestFaults()
        self._tokens = tokens
        self._instruments = tuple(instruments)
        self._api_secret = api_secret
        self._now = now
        self._requested: dict[str, tuple[str, float]] = {}
        self._port: int | None = None

    @asynccontextmanager
    async def serving(self, port: int) -> AsyncIterator[None]:
        """Answer on this port of the loopback, 0 for any that is free. Raises OSError where it is taken."""
        async with listening(self._answer, port) as self._port:
            try:
                yield
            finally:
                self._port = None

    @property
    def url(self) -> str:
        """The root of the routes, without a slash at its end."""
        if self._port is None:
            raise RuntimeError("the exchange serves no REST; enter it with a `rest_port`")
        return f"http://{HOST}:{self._port}"

    @property
    def login_url(self) -> str:
        """The login page."""
        return f"{self.url}/connect/login"

    async def _answer(self, request: BrowserRequest) -> Response:
        await asyncio.sleep(self.faults.delay)
        refused = request.path.startswith(self.faults.route)
        if refused and (status := self.faults.take()) is not None:
            return Response(status, f"<html><h1>{status.value} {status.phrase}</h1></html>".encode())
        try:
            return await self._routed(request)
        except _Refusal as refusal:
            envelope = {
                "status": "error",
                "message": refusal.message,
                "data": None,
                "error_type": refusal.kind,
            }
            return self._enveloped(refusal.status, envelope)

    async def _routed(self, request: BrowserRequest) -> Response:
        match request.method, request.path:
            case "GET", "/connect/login":
                return self._login(request)
            case "POST", "/session/token":
                return self._data(self._exchange(request))
            case "DELETE", "/session/token":
                return self._data(self._revoke(request))
            case "GET", "/user/profile":
                return self._data(self._profile(request))
            case "GET", path if path == "/instruments" or path.startswith("/instruments/"):
                return await self._list(request)
            case _, path if path in _ROUTES:
                raise _Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "GeneralException", "Method not allowed.")
        raise _Refusal(HTTPStatus.NOT_FOUND, "GeneralException", "Route not found.")

    def _login(self, request: BrowserRequest) -> Response:
        api_key = request.query.get("api_key", "")
        if api_key not in self._tokens:
            raise _Refusal(HTTPStatus.BAD_REQUEST, "InputException", "Invalid `api_key`.")
        query = dict(parse_qsl(request.query.get("redirect_params", ""))) | {
            "action": "login",
            "type": "login",
        }
        if self.faults.cancelled:
            query["status"] = "cancelled"
        else:
            token = secrets.token_hex(16)
            self._requested[token] = api_key, self._now()
            query |= {"status": "success", "request_token": token}
        location = f"{self.redirect_url}?{urlencode(query)}"
        return Response(HTTPStatus.FOUND, headers={**self._headers("text/html"), "location": location})

    def _exchange(self, request: BrowserRequest) -> dict[str, Any]:
        _check_version(request)
        form = request.form
        if missing := [name for name in ("api_key", "request_token", "checksum") if not form.get(name)]:
            raise _Refusal(HTTPStatus.BAD_REQUEST, "InputException", f"Missing `{missing[0]}`.")
        api_key, request_token = form["api_key"], form["request_token"]
        if api_key not in self._tokens:
            raise _dead("Invalid `api_key`.")
        text = f"{api_key}{request_token}{self._api_secret}"
        if not _same(form["checksum"], hashlib.sha256(text.encode()).hexdigest()):
            raise _dead("Invalid `checksum`.")
        key, since = self._requested.pop(request_token, ("", 0.0))
        if key != api_key or self._now() - since > REQUEST_TOKEN_LIFE:
            raise _dead("Token is invalid or has expired.")
        self._tokens[api_key] = secrets.token_hex(16)
        login_time = datetime.fromtimestamp(self._now(), IST).strftime("%Y-%m-%d %H:%M:%S")
        return {
            **_user(),
            "api_key": api_key,
            "access_token": self._tokens[api_key],
            "public_token": secrets.token_hex(16),
            "refresh_token": "",
            "login_time": login_time,
        }

    def _revoke(self, request: BrowserRequest) -> bool:
        _check_version(request)
        api_key = request.query.get("api_key", "")
        self._prove(api_key, request.query.get("access_token", ""))
        self._tokens[api_key] = ""
        return True

    def _profile(self, request: BrowserRequest) -> dict[str, Any]:
        _check_version(request)
        self._check_authorization(request)
        return _user()

    async def _list(self, request: BrowserRequest) -> Response:
        if "authorization" in request.headers:
            self._check_authorization(request)
        exchange = request.path.removeprefix("/instruments").strip("/")
        if exchange and exchange not in EXCHANGES:
            raise _Refusal(HTTPStatus.BAD_REQUEST, "InputException", "Invalid `exchange`.")
        listed = [each for each in self._instruments if exchange in ("", each.exchange)]
        # Many thousand rows take a moment, in which the market is to move on.
        body = await asyncio.to_thread(_table, listed)
        headers = self._headers("text/csv")
        if "gzip" in request.headers.get("accept-encoding", ""):
            body, headers = gzip.compress(body, mtime=0), {**headers, "content-encoding": "gzip"}
        return Response(HTTPStatus.OK, body, headers, sent=len(body) // 2 if self.faults.truncated else None)

    def _check_authorization(self, request: BrowserRequest) -> None:
        word, _, pair = request.headers.get("authorization", "").partition(" ")
        api_key, _, access_token = pair.partition(":")
        self._prove(api_key if word == "token" else "", access_token)

    def _prove(self, api_key: str, access_token: str) -> None:
        expected = self._tokens.get(api_key)
        if not expected or not _same(access_token, expected):
            raise _dead("Incorrect `api_key` or `access_token`.")

    def _data(self, data: object) -> Response:
        return self._enveloped(HTTPStatus.OK, {"status": "success", "data": data})

    def _enveloped(self, status: HTTPStatus, envelope: Mapping[str, object]) -> Response:
        return Response(status, json.dumps(envelope).encode(), self._headers("application/json"))

    def _headers(self, content: str) -> dict[str, str]:
        return {"content-type": content, "date": formatdate(self._now(), usegmt=True)}


class _Refusal(Exception):  # noqa: N818 - an answer, not a failure
    """A refusal, as Kite words it."""

    def __init__(self, status: HTTPStatus, kind: str, message: str) -> None:
        super().__init__(message)
        self.status, self.kind, self.message = status, kind, message


def _dead(message: str) -> _Refusal:
    return _Refusal(HTTPStatus.FORBIDDEN, "TokenException", message)


def _check_version(request: BrowserRequest) -> None:
    if request.headers.get("x-kite-version") != "3":
        raise _Refusal(HTTPStatus.BAD_REQUEST, "InputException", "Missing or unknown `X-Kite-Version`.")


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def _user() -> dict[str, Any]:
    return {
        "user_id": USER_ID,
        "user_type": "individual",
        "email": "user@example.com",
        "user_name": USER_NAME,
        "user_shortname": "Simulated",
        "broker": "ZERODHA",
        "exchanges": list(EXCHANGES),
        "products": ["CNC", "NRML", "MIS"],
        "order_types": ["MARKET", "LIMIT", "SL", "SL-M"],
        "avatar_url": None,
        "meta": {"demat_consent": "physical"},
    }


def _table(instruments: Iterable[Instrument]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(map(_row, instruments))
    return text.getvalue().encode()


def _row(each: Instrument) -> tuple[object, ...]:
    """The values of one instrument; as on Kite an index is a share without tick, lot and trade."""
    is_index = each.kind is Kind.INDEX
    return (
        each.instrument_token,
        each.instrument_token >> 8,
        each.tradingsymbol,
        each.name,
        0.0,
        each.expiry or "",
        float(each.strike or 0),
        0.0 if is_index else each.tick_size / divisor_of(each.instrument_token),
        0 if is_index else each.lot_size,
        each.kind if each.expiry else Kind.EQUITY,
        _segment(each),
        each.exchange,
    )


def _segment(each: Instrument) -> str:
    match each.kind:
        case Kind.INDEX:
            return "INDICES"
        case Kind.FUTURE:
            return f"{each.exchange}-FUT"
        case Kind.CALL | Kind.PUT:
            return f"{each.exchange}-OPT"
    return each.exchange
