"""`python -m kitetui.bench.server`: a server of pre-built messages, which costs next to nothing itself.

It speaks as much of Kite's protocol as clients need. When as many clients as it was told have asked for a
mode, it streams to all of them what they subscribed to, made beforehand: for a moment as a warm-up, then for
the time that is measured, and says so with text messages in the stream itself, `begin` and `end`. The last
gives the number of ticks that were sent, so that a loss can be seen. Heartbeats follow. Standard output has
the URL in its first line, then `begin`, and when all have had theirs, `end` with the number of all.

Each message carries the time at which it was written, in two words of its first packet that no client scales
(last traded quantity, volume traded), unless it goes as fast as the client can take it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import struct
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from websockets.frames import Frame, Opcode
from websockets.http11 import Request as Handshake
from websockets.server import ServerProtocol

from kitetui.bench.frames import frames_of_shares
from kitetui.instruments.builtin import simulated_shares
from kitetui.wire import HEARTBEAT, SetMode, Subscribe, parse_request

HOST: Final = "127.0.0.1"
BEGIN, END = "begin", "end"

_STAMPS: Final = (8, 16)
"""Where in a packet the two halves of the time are."""

_COUNT_AND_LENGTH: Final = 4
_RING_TICKS: Final = 12_000
"""Ticks that are made beforehand, and come again and again."""

_BLOCK: Final = 65_536


@dataclass(frozen=True, slots=True)
class Load:
    """What is streamed to each connection.

    rate: ticks a second of this connection, 0 for as many as it takes. packets: in a message.
    """

    packets: int
    rate: float
    warm_up: float
    seconds: float


class Server:
    """Streams one load to a number of connections, beginning with all of them at once."""

    def __init__(self, load: Load, connections: int, symbols: int) -> None:
        self._load = load
        self._shares = {each.instrument_token: each for each in simulated_shares(symbols)}
        self._ready = asyncio.Barrier(connections)
        self._streaming = connections
        self._has_begun = False
        self._sent = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it closes."""
        connection = _Connection(reader, writer)
        try:
            async with asyncio.TaskGroup() as tasks:
                listening = tasks.create_task(connection.listen())
                streaming = tasks.create_task(self._stream(connection))
                listening.add_done_callback(lambda _: streaming.cancel())
        except* (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _stream(self, connection: _Connection) -> None:
        await connection.asked.wait()
        load = self._load
        listed = [self._shares[each] for each in connection.tokens if each in self._shares]
        ring = Ring(frames_of_shares(listed, load.packets, ticks=_RING_TICKS), load.packets)
        await self._ready.wait()
        sent = 0
        for text, seconds in (("", load.warm_up), (BEGIN, load.seconds)):
            if text:
                connection.write(_text(text))
                self._begun()
            if load.rate:
                sent += await _at_a_rate(connection, ring, load.rate, seconds)
            else:
                sent += await _as_fast_as_taken(connection, ring, seconds)
        connection.write(_text(f"{END} {sent}"))
        self._ended(sent)
        while True:
            await asyncio.sleep(1)
            connection.write(_frame(Opcode.BINARY, HEARTBEAT))

    def _begun(self) -> None:
        if not self._has_begun:
            self._has_begun = True
            _say(BEGIN)

    def _ended(self, sent: int) -> None:
        self._sent += sent
        self._streaming -= 1
        if not self._streaming:
            _say(f"{END} {self._sent}")


class Ring:
    """Messages as they go over the socket, one after the other, and the first again after the last."""

    def __init__(self, messages: Sequence[bytes], packets: int) -> None:
        self.packets = packets
        self._frames = [bytearray(_frame(Opcode.BINARY, each)) for each in messages]
        self._heads = [len(frame) - len(each) for frame, each in zip(self._frames, messages, strict=True)]
        self._next = 0

    def take(self, count: int) -> bytes:
        """Return the next messages, each with the time of now."""
        parts = []
        for _ in range(count):
            number, self._next = self._next, (self._next + 1) % len(self._frames)
            frame = self._frames[number]
            first = self._heads[number] + _COUNT_AND_LENGTH
            halves = divmod(time.monotonic_ns(), 2**32)
            for offset, half in zip(_STAMPS, halves, strict=True):
                struct.pack_into(">I", frame, first + offset, half)
            parts.append(bytes(frame))
        return b"".join(parts)

    def blocks(self) -> list[tuple[int, bytes]]:
        """Return all messages in blocks of a good size to write, each with the number of its ticks."""
        per_block = max(_BLOCK // len(self._frames[0]), 1)
        starts = range(0, len(self._frames), per_block)
        parts = [self._frames[at : at + per_block] for at in starts]
        return [(len(part) * self.packets, b"".join(part)) for part in parts]


class _Connection:
    """The server's end of one connection: the handshake, and the tokens that were asked for."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked = asyncio.Event()
        self.tokens: dict[int, None] = {}
        self.write = writer.write
        self.drain = writer.drain
        self._reader = reader
        self._protocol = ServerProtocol()

    async def listen(self) -> None:
        """Answer the handshake, pings and the close; return when the client is gone."""
        protocol = self._protocol
        while data := await self._reader.read(_BLOCK):
            protocol.receive_data(data)
            for event in protocol.events_received():
                if isinstance(event, Handshake):
                    protocol.send_response(protocol.accept(event))
                elif isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                    self._take(bytes(event.data))
            for answer in protocol.data_to_send():
                if not answer:  # the end of the stream: both have said that they close
                    return
                self.write(answer)

    def _take(self, text: bytes) -> None:
        request = parse_request(text)
        if isinstance(request, Subscribe):
            self.tokens.update(dict.fromkeys(request.tokens))
        elif isinstance(request, SetMode):
            self.asked.set()


async def _at_a_rate(connection: _Connection, ring: Ring, rate: float, seconds: float) -> int:
    """Send at an even pace; return the number of ticks."""
    messages_a_second = rate / ring.packets
    start, sent, total = time.perf_counter(), 0, round(messages_a_second * seconds)
    while sent < total:
        due = min(int((time.perf_counter() - start) * messages_a_second) + 1, total)
        if due > sent:
            connection.write(ring.take(due - sent))
            sent = due
        await connection.drain()
        await asyncio.sleep(max(start + sent / messages_a_second - time.perf_counter(), 0))
    return sent * ring.packets


async def _as_fast_as_taken(connection: _Connection, ring: Ring, seconds: float) -> int:
    """Send for so long, as the client reads; return the number of ticks."""
    end, sent, blocks = time.perf_counter() + seconds, 0, ring.blocks()
    while True:
        for ticks, block in blocks:
            if time.perf_counter() >= end:
                return sent
            connection.write(block)
            sent += ticks
            await connection.drain()


def _text(said: str) -> bytes:
    # Of a kind that nobody knows: one that the monitor knows would be a toast on the screen that is measured.
    return _frame(Opcode.TEXT, json.dumps({"type": "bench", "data": said}).encode())


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _frame(opcode: Opcode, data: bytes) -> bytes:
    return Frame(opcode, data).serialize(mask=False)


async def run(load: Load, connections: int, symbols: int) -> None:
    """Serve until cancelled; the first line of standard output is the URL."""
    server = Server(load, connections, symbols)
    listening = await asyncio.start_server(server.serve, HOST, 0)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        _say(f"ws://{HOST}:{port}/")
        await listening.serve_forever()


def main() -> None:
    """Read the options, and serve."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--packets", type=int, default=20)
    options.add_argument("--rate", type=float, default=0)
    options.add_argument("--warm-up", type=float, default=0.5)
    options.add_argument("--seconds", type=float, default=3)
    options.add_argument("--connections", type=int, default=1)
    options.add_argument("--symbols", type=int, default=3000)
    given = options.parse_args()
    load = Load(given.packets, given.rate / given.connections, given.warm_up, given.seconds)
    with suppress(KeyboardInterrupt):
        asyncio.run(run(load, given.connections, given.symbols))


if __name__ == "__main__":
    main()
