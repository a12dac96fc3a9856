"""One connected client: requests in, market data and heartbeats out.

What it has asked for and what it is still to be sent needs no socket. Updates are snapshots of the market, so
that what waits is a set of rows and no queue: however slow a client is, it gets each row once, as it is when
it is sent, and what is kept for it never grows. A row waits as news, because it changed since the client was
last sent it, as the answer to a request, or as both.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from kitetui.simulator.faults import Answering, Sending
from kitetui.simulator.market import Bools, Market, RowNumbers
from kitetui.wire import (
    HEARTBEAT,
    Mode,
    Request,
    RequestError,
    SetMode,
    Subscribe,
    Unsubscribe,
    encode_error,
    encode_frame,
    layout,
    parse_request,
)
from kitetui.wire.layout import MODE_OF_LENGTH

MAX_INSTRUMENTS: Final = 3_000
LIMIT_TEXT: Final = "Can't subscribe to more than 3000 instruments."

_INDEX_LENGTHS: Final = {Mode.LTP: layout.LTP, Mode.QUOTE: layout.INDEX_QUOTE, Mode.FULL: layout.INDEX_FULL}
_LENGTHS: Final = {Mode.LTP: layout.LTP, Mode.QUOTE: layout.QUOTE, Mode.FULL: layout.FULL}

_NEWS: Final = np.uint8(1)
_ANSWER: Final = np.uint8(2)


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be sent now: rows of the market and the packet length of each.

    answers: for each row whether it is sent only because of a request, and is no news.
    """

    rows: RowNumbers
    lengths: list[int]
    answers: Bools


class Subscriptions:
    """The tokens of a connection, the packet that each is sent as, and the rows that wait to be sent.

    A connection streams at most `MAX_INSTRUMENTS` rows, so what waits always fits one message.
    """

    def __init__(self, market: Market) -> None:
        self._market = market
        self._times: Counter[int] = Counter()
        self._lengths: NDArray[np.uint8] = np.zeros(len(market), dtype=np.uint8)
        # For each row `_NEWS`, `_ANSWER`, both or neither.
        self._waiting: NDArray[np.uint8] = np.zeros(len(market), dtype=np.uint8)
        # What is subscribed and was not sent yet has its price at that moment here.
        self._sent_price: NDArray[np.int32] = np.zeros(len(market), dtype=np.int32)

    def apply(self, request: Request, answering: Answering = Answering.JOINED) -> str | None:
        """Do what a client asks, and note what answers it; return the error text to send it, if any."""
        match request:
            case Subscribe(tokens):
                return self._subscribe(tokens)
            case Unsubscribe(tokens):
                self._unsubscribe(tokens)
            case SetMode(mode, tokens):
                self._set_mode(mode, tokens, answered=answering is not Answering.SUBSCRIBE_ALONE)
        return None

    def changed(self, rows: RowNumbers) -> bool:
        """Note rows of the market that changed; return whether anything waits to be sent.

        In mode `ltp` only another last price is news.
        """
        lengths = self._lengths[rows]
        same_price = self._market.words[rows, layout.LAST_PRICE] == self._sent_price[rows]
        news = (lengths > 0) & ~((lengths == layout.LTP) & same_price)
        self._waiting[rows] = (self._waiting[rows] & _ANSWER) | (news * _NEWS)
        return self.waiting

    def counted(self) -> dict[int, int]:
        """Return how often each token counts against the limit, known or not."""
        return dict(self._times)

    def modes(self) -> dict[int, Mode]:
        """Return the tokens that are streamed, with their modes."""
        lengths = self._lengths.tolist()
        return {
            token: Mode(MODE_OF_LENGTH[lengths[row]])
            for token, row in self._market.row_of.items()
            if lengths[row]
        }

    @property
    def waiting(self) -> bool:
        """Whether anything waits to be sent."""
        return bool(self._waiting.any())

    def take(self) -> Due:
        """Return the rows that wait, and have none wait any longer."""
        return self._take(np.flatnonzero(self._waiting))

    def take_answers(self) -> Due:
        """Return the rows that wait as an answer, or as both, and have these wait no longer."""
        return self._take(np.flatnonzero(self._waiting & _ANSWER))

    def _take(self, rows: RowNumbers) -> Due:
        answers = self._waiting[rows] == _ANSWER
        self._waiting[rows] = 0
        self._sent_price[rows] = self._market.words[rows, layout.LAST_PRICE]
        return Due(rows, self._lengths[rows].tolist(), answers)

    def _subscribe(self, tokens: tuple[int, ...]) -> str | None:
        """A token counts as often as it is sent, known or not; those above the limit alone fail."""
        room = max(MAX_INSTRUMENTS - self._times.total(), 0)
        accepted = tokens[:room]
        self._times.update(accepted)
        for token in accepted:
            row = self._market.row_of.get(token)
            if row is not None:
                if not self._lengths[row]:
                    self._lengths[row] = self._length(row, Mode.QUOTE)
                    self._sent_price[row] = self._market.words[row, layout.LAST_PRICE]
                self._waiting[row] |= _ANSWER
        return LIMIT_TEXT if len(accepted) < len(tokens) else None

    def _unsubscribe(self, tokens: tuple[int, ...]) -> None:
        for token in tokens:
            self._times.pop(token, None)
            row = self._market.row_of.get(token)
            if row is not None:
                self._lengths[row] = 0
                self._waiting[row] = 0

    def _set_mode(self, mode: Mode, tokens: tuple[int, ...], *, answered: bool) -> None:
        """The mode of what is not subscribed is nothing that can be set."""
        for token in tokens:
            row = self._market.row_of.get(token)
            if row is not None and self._lengths[row]:
                self._lengths[row] = self._length(row, mode)
                if mode is Mode.LTP and self._market.words[row, layout.LAST_PRICE] == self._sent_price[row]:
                    self._waiting[row] &= _ANSWER
                if answered:
                    self._waiting[row] |= _ANSWER

    def _length(self, row: int, mode: Mode) -> int:
        return (_INDEX_LENGTHS if self._market.traits.is_index[row] else _LENGTHS)[mode]


@dataclass(frozen=True, slots=True)
class Sent:
    """A message of market data that a client is sent; what has an entry for each packet is in their order.

    at: the exchange's clock, in UTC seconds. frame: the message. tokens: whose packets it holds.
    answers: for each packet whether it is sent only because of a request. It is news if its row changed
    since the client was last sent it, whether or not a request is answered by it as well; in mode `ltp` only
    another last price is a change, and what changed before it was subscribed is no news.
    made_at: for each packet when the market last changed its row, in UTC seconds.
    """

    client: Client
    at: float
    frame: bytes
    tokens: tuple[int, ...]
    answers: tuple[bool, ...]
    made_at: tuple[float, ...]


class Client:
    """Serves one connection until it closes.

    heartbeat: seconds without anything to send after which a heartbeat is sent.
    now: the exchange's clock. answering: tells how requests are answered. account: as for the exchange.
    """

    def __init__(
        self,
        connection: ServerConnection,
        market: Market,
        heartbeat: float,
        *,
        now: Callable[[], float],
        answering: Callable[[], Answering],
        account: Callable[[Sent], None] | None,
    ) -> None:
        self._connection = connection
        self._market = market
        self._heartbeat = heartbeat
        self._now = now
        self._answering = answering
        self._account = account
        self._subscriptions = Subscriptions(market)
        self._sending = Sending.EVERYTHING
        self._wake = asyncio.Event()

    async def serve(self) -> None:
        """Answer requests and send what changes, until the connection is closed by either side."""
        async with asyncio.TaskGroup() as tasks:
            sender = tasks.create_task(self._send())
            with suppress(ConnectionClosed):
                async for message in self._connection:
                    await self._answer(message)
            sender.cancel()

    def changed(self, rows: RowNumbers) -> None:
        """Have the rows of the market that changed sent, as far as this client wants them."""
        if self._subscriptions.changed(rows):
            self._wake.set()

    @property
    def modes(self) -> dict[int, Mode]:
        """The tokens that are streamed, with their modes."""
        return self._subscriptions.modes()

    @property
    def counted(self) -> dict[int, int]:
        """How often each token counts against the limit: once, if the client says nothing twice."""
        return self._subscriptions.counted()

    @property
    def address(self) -> tuple[str, int]:
        """The address that it dialled from."""
        host, port = self._connection.remote_address[:2]
        return host, port

    def send_only(self, sending: Sending) -> None:
        """Send this much from now on; what waits meanwhile is sent when everything is again."""
        self._sending = sending
        self._wake.set()

    async def send(self, message: bytes | str) -> None:
        """Send any message at all, of which no account is given."""
        await self._connection.send(message)

    async def close(self, code: int, reason: str) -> None:
        """Close the connection with this code and reason."""
        await self._connection.close(code, reason)

    def drop(self) -> None:
        """End the connection without a closing handshake, and without what waits to be sent."""
        self._connection.transport.abort()

    async def _answer(self, message: str | bytes) -> None:
        answering = self._answering()
        try:
            error = self._subscriptions.apply(parse_request(message), answering)
        except RequestError as refusal:
            error = str(refusal)
        if answering is Answering.EACH and self._sending is Sending.EVERYTHING:
            await self._send_data(self._subscriptions.take_answers())
        elif self._subscriptions.waiting:
            self._wake.set()
        if error is not None:
            await self._connection.send(encode_error(error))

    async def _send(self) -> None:
        """A slow client is simply here, in `send`, while newer snapshots take the place of older ones."""
        with suppress(ConnectionClosed):
            while True:
                if self._sending is not Sending.EVERYTHING:
                    await asyncio.sleep(self._heartbeat)
                    if self._sending is Sending.HEARTBEATS:
                        await self._connection.send(HEARTBEAT)
                    continue
                try:
                    async with asyncio.timeout(self._heartbeat):
                        await self._wake.wait()
                except TimeoutError:
                    await self._connection.send(HEARTBEAT)
                    continue
                self._wake.clear()
                if self._sending is Sending.EVERYTHING:
                    await self._send_data(self._subscriptions.take())

    async def _send_data(self, due: Due) -> None:
        """Send what is due, if anything is; it is written before anything else can happen."""
        if not due.lengths:
            return
        words = self._market.words[due.rows]
        frame = encode_frame(words, due.lengths)
        # A connection that is closing takes no message any more: `send` raises.
        if self._account is not None and self._connection.state is State.OPEN:
            self._account(
                Sent(
                    client=self,
                    at=self._now(),
                    frame=frame,
                    tokens=tuple(words.view(np.uint32)[:, layout.TOKEN].tolist()),
                    answers=tuple(due.answers.tolist()),
                    made_at=tuple(self._market.changed_at[due.rows].tolist()),
                )
            )
        await self._connection.send(frame)
