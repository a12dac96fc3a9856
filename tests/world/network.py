"""A network of one server in memory: wires that deliver in order, when and in what pieces a seed decides.

Each wire is a pair of transports, as asyncio's own are to whoever uses them. Faults are properties of the
network and of its wires, so that they can be set while bytes are on their way.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from typing import Any, Final

_HIGH_WATER: Final = 64 * 1024
_PONG: Final = 0x8A
"""How a message begins that answers a ping."""

_SERVER: Final = ("127.0.0.1", 9001)


class Network:
    """All wires to the one server.

    latency: seconds that a piece takes, at least and at most. torn: how likely a write arrives in pieces.
    is_refusing: whether nothing listens. is_lost: whether handshakes and data go nowhere, and nobody is told.
    eats_pongs: whether no ping is answered.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.latency = (0.001, 0.05)
        self.torn = 0.2
        self.is_refusing = False
        self.is_lost = False
        self.eats_pongs = False
        self.wires: list[Wire] = []
        self.loop: asyncio.AbstractEventLoop
        self._accept: Any = None

    async def connect(self, factory: Any) -> Any:
        """Connect to the server, as `loop.create_connection` does."""
        await asyncio.sleep(self.draw_latency())
        if self.is_lost:
            await asyncio.sleep(3600)
        if self.is_refusing or self._accept is None:
            raise ConnectionRefusedError(111, "Connection refused")
        wire = Wire(self, len(self.wires), factory(), self._accept())
        self.wires.append(wire)
        return wire.client, wire.client.protocol

    def listen(self, factory: Any, host: Any, port: Any) -> MemoryServer:
        """Listen, as `loop.create_server` does."""
        self._accept = factory
        return MemoryServer(self)

    def stop_listening(self) -> None:
        """Refuse what connects from now on."""
        self._accept = None

    def draw_latency(self) -> float:
        """Return how long the next piece takes."""
        return self.rng.uniform(*self.latency)

    @property
    def up(self) -> list[Wire]:
        """The wires that are up."""
        return [wire for wire in self.wires if wire.cut_at is None]


class Wire:
    """A connection between client and server; `number` is that of the manager's connection that dialled.

    cut_at: when it was cut or closed, None while it is up. stalled_until: until when nothing arrives. rate:
    bytes a second, None for no limit. deaf_since: since when what the server sends goes nowhere, None while
    it arrives. brought_at: when something last arrived at the client.
    """

    def __init__(self, network: Network, index: int, client: Any, server: Any) -> None:
        self.network = network
        self.opened_at = network.loop.time()
        self.cut_at: float | None = None
        self.stalled_until = 0.0
        self.rate: float | None = None
        self.deaf_since: float | None = None
        self.brought_at = network.loop.time()
        # The manager names the task that dials after its connection.
        task = asyncio.current_task()
        self.number = int(task.get_name().rpartition(" ")[2]) if task is not None else -1
        self.address = ("127.0.0.1", 20_000 + index)
        self.client = MemoryTransport(self, client, self.address, _SERVER)
        self.server = MemoryTransport(self, server, _SERVER, self.address)
        self.client.peer, self.server.peer = self.server, self.client
        client.connection_made(self.client)
        server.connection_made(self.server)

    def cut(self) -> None:
        """Break it: what is on its way is lost, and both sides are told at once."""
        self.server.peer_is_gone(ConnectionResetError("cut"))
        self.client.peer_is_gone(ConnectionResetError("cut"))


class MemoryTransport(asyncio.Transport):
    """One side of a wire: what is written here arrives at the peer."""

    peer: MemoryTransport

    def __init__(self, wire: Wire, protocol: Any, here: tuple[str, int], there: tuple[str, int]) -> None:
        super().__init__({"sockname": here, "peername": there})
        self.wire = wire
        self.protocol = protocol
        self._loop = wire.network.loop
        self._arriving: deque[bytes | None] = deque()
        self._waiting: deque[bytes | None] = deque()
        self._in_flight = 0
        self._last_due = 0.0
        self._is_closing = self._is_told = self._is_paused = self._is_held = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send; what is torn arrives in pieces, each in its own time."""
        if self._is_closing or not data or (self.wire.network.eats_pongs and data[0] == _PONG):
            return
        data, rng = bytes(data), self.wire.network.rng
        self._in_flight += len(data)
        if self._in_flight > _HIGH_WATER and not self._is_held:
            self._is_held = True
            self.protocol.pause_writing()
        while data and rng.random() < self.wire.network.torn:
            cut = rng.randrange(len(data)) + 1
            self._send(data[:cut])
            data = data[cut:]
        if data:
            self._send(data)

    def _send(self, piece: bytes | None) -> None:
        wire = self.wire
        if self is wire.server and wire.deaf_since is not None:
            return
        now = self._loop.time()
        took = len(piece) / wire.rate if piece and wire.rate else 0.0
        due = max(now + wire.network.draw_latency(), self._last_due, wire.stalled_until) + took
        self._last_due = due
        self._arriving.append(piece)
        self._loop.call_at(due, self._arrive)

    def _arrive(self) -> None:
        if not self._arriving:
            return
        piece = self._arriving.popleft()
        if piece is not None:
            self._in_flight -= len(piece)
            if self._is_held and self._in_flight < _HIGH_WATER // 4 and not self._is_told:
                self._is_held = False
                self.protocol.resume_writing()
        self.peer.receive(piece)

    def receive(self, piece: bytes | None) -> None:
        """Take in what has arrived; None is the end."""
        if self._is_told:
            return
        if self is self.wire.client:
            self.wire.brought_at = self._loop.time()
        if self._is_paused:
            self._waiting.append(piece)
        elif piece is None:
            self.peer_is_gone(None)
        else:
            self.protocol.data_received(piece)

    def peer_is_gone(self, error: Exception | None) -> None:
        """Tell the protocol, once, that the connection is over."""
        self.wire.cut_at = self._loop.time() if self.wire.cut_at is None else self.wire.cut_at
        self._is_closing = True
        self._arriving.clear()
        if not self._is_told:
            self._is_told = True
            self._loop.call_soon(self.protocol.connection_lost, error)

    def close(self) -> None:
        """Close when what was written has arrived."""
        if self._is_closing:
            return
        self._send(None)
        self._is_closing = True
        self.wire.cut_at = self._loop.time() if self.wire.cut_at is None else self.wire.cut_at
        if not self._is_told:
            self._is_told = True
            self._loop.call_soon(self.protocol.connection_lost, None)

    def abort(self) -> None:
        """End it; what has left this side still arrives."""
        self.close()

    def is_closing(self) -> bool:
        return self._is_closing

    def pause_reading(self) -> None:
        self._is_paused = True

    def resume_reading(self) -> None:
        self._is_paused = False
        while self._waiting and not self._is_paused:
            self.receive(self._waiting.popleft())

    def can_write_eof(self) -> bool:
        return False

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """The network's own limits stay."""

    def get_write_buffer_size(self) -> int:
        return self._in_flight


class MemoryServer:
    """What `loop.create_server` returns, as far as a server of WebSockets uses it."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._is_serving = True
        self.sockets: tuple[()] = ()

    def get_loop(self) -> asyncio.AbstractEventLoop:
        return self._network.loop

    def is_serving(self) -> bool:
        return self._is_serving

    def close(self) -> None:
        self._is_serving = False
        self._network.stop_listening()

    async def wait_closed(self) -> None:
        """Nothing is left to wait for: wires live by themselves."""
