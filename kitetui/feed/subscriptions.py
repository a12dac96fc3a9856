"""What the client wants, and what must be said to get it.

The wanted state, token to mode, is the client's own, and survives every connection: what is on the wire is
made to follow it. So an outage needs no special case, and no token is ever sent twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from heapq import heapify, heapreplace
from itertools import chain, repeat
from operator import index
from typing import Final

from kitetui.wire import Exchange, Mode, Request, SetMode, Subscribe, Unsubscribe

TOKENS_A_REQUEST: Final = 500
"""How many tokens one request names, so that a large list does not become one huge message."""

SERVER_DEFAULT: Final = Mode.QUOTE
"""The mode that a bare subscribe gives."""

_MAX_TOKEN: Final = 0xFFFFFFFF


class CapacityError(ValueError):
    """More symbols than the connections carry; nothing was changed."""

    def __init__(self, wanted: int, used: int, capacity: int) -> None:
        super().__init__(
            f"{wanted:,} more symbols do not fit: {used:,} of {capacity:,} are in use; remove some first"
        )
        self.wanted = wanted
        self.used = used
        self.capacity = capacity


class Subscriptions:
    """The wanted modes of all tokens, spread over the connections.

    wanted: for each connection the tokens that it is to carry, with their modes.
    fill_first: whether new tokens fill one connection after the other; else they go where the fewest are.
    """

    def __init__(self, connections: int, symbols_each: int, *, fill_first: bool = False) -> None:
        self.wanted: tuple[dict[int, Mode], ...] = tuple({} for _ in range(connections))
        self._symbols_each = symbols_each
        self._order = self._first_with_room if fill_first else self._fewest_first
        self._connection_of: dict[int, int] = {}
        self._leaving: dict[int, int] = {}
        self._segments: frozenset[Exchange] | None = None

    def __len__(self) -> int:
        return len(self._connection_of)

    def __contains__(self, token: int) -> bool:
        return token in self._connection_of

    @property
    def segments(self) -> frozenset[Exchange]:
        """The segments of all wanted tokens."""
        if self._segments is None:
            self._segments = frozenset(map(Exchange.of, self._connection_of))
        return self._segments

    def add(
        self,
        tokens: Iterable[int],
        mode: Mode,
        among: Sequence[int] | None = None,
        *,
        keep_mode: bool = False,
    ) -> set[int]:
        """Want these tokens; return the connections that this concerns.

        New tokens are placed `among` these connections if any are named. Tokens wanted already stay where
        they are and change their mode, or keep it if asked.
        Raises CapacityError when not all fit, ValueError for a number that is no token; then nothing changes.
        """
        # A NumPy integer would pass for a token everywhere but in JSON, and "full" for a mode in most places.
        tokens = list(dict.fromkeys(map(index, tokens)))
        mode = Mode(mode)
        _check(tokens)
        among = range(len(self.wanted)) if among is None else among
        new = [token for token in tokens if token not in self._connection_of]
        used, capacity = sum(len(self.wanted[number]) for number in among), self._symbols_each * len(among)
        if used + len(new) > capacity:
            raise CapacityError(len(new), used, capacity)
        changed = set() if keep_mode else self.set_mode(set(tokens) - set(new), mode)
        self._segments = None
        for token, connection in zip(new, self._order(among), strict=False):
            self.wanted[connection][token] = mode
            self._connection_of[token] = connection
            changed.add(connection)
        return changed

    def remove(self, tokens: Iterable[int]) -> set[int]:
        """Want these tokens no longer; return the connections that this concerns."""
        changed = set()
        self._segments = None
        for token in tokens:
            connection = self._connection_of.pop(token, None)
            if connection is not None:
                del self.wanted[connection][token]
                changed |= {connection} | self.leave([token])
        return changed

    def set_mode(self, tokens: Iterable[int], mode: Mode) -> set[int]:
        """Want these tokens in this mode; those not wanted at all are passed over."""
        mode = Mode(mode)
        changed = set()
        for token in tokens:
            # On both while it moves: the one that it leaves may be all that brings it for seconds.
            for connection in self.carriers_of(token):
                if self.wanted[connection][token] is not mode:
                    self.wanted[connection][token] = mode
                    changed.add(connection)
        return changed

    def counts(self) -> list[int]:
        """Return how many tokens each connection carries, those on their way counted where they go."""
        counts = [len(wanted) for wanted in self.wanted]
        for before in self._leaving.values():
            counts[before] -= 1
        return counts

    def room(self, connection: int) -> int:
        """Return how many more tokens a connection can carry."""
        return self._symbols_each - len(self.wanted[connection])

    def _fewest_first(self, among: Sequence[int]) -> Iterator[int]:
        """Yield the connection for each further token: the one that carries the fewest."""
        counts = [(len(self.wanted[number]), number) for number in among]
        heapify(counts)
        while counts:
            count, connection = counts[0]
            heapreplace(counts, (count + 1, connection))
            yield connection

    def _first_with_room(self, among: Sequence[int]) -> Iterator[int]:
        """Yield the connection for each further token: the first one that is not full."""
        return chain.from_iterable(repeat(number, self.room(number)) for number in among)

    def carried_by(self, connection: int) -> list[int]:
        """Return the tokens of a connection, but for those that are on their way to another."""
        return [token for token in self.wanted[connection] if self._connection_of[token] == connection]

    def move(self, tokens: Iterable[int], connection: int) -> None:
        """Have another connection carry these tokens; the one before keeps them too, until `leave`."""
        for token in tokens:
            before = self._connection_of[token]
            if before != connection:
                self.leave([token])
                self.wanted[connection][token] = self.wanted[before][token]
                self._connection_of[token] = connection
                self._leaving[token] = before

    def stay(self, tokens: Iterable[int]) -> set[int]:
        """Have these tokens carried by the connections they were about to leave; return all concerned."""
        changed = set()
        for token in tokens:
            before = self._leaving.pop(token, None)
            if before is not None:
                connection = self._connection_of[token]
                # With the mode of now: it may have changed on the way.
                self.wanted[before][token] = self.wanted[connection].pop(token)
                self._connection_of[token] = before
                changed |= {before, connection}
        return changed

    def leave(self, tokens: Iterable[int]) -> set[int]:
        """Take these tokens off the connections that they have moved away from; return those."""
        changed = set()
        for token in tokens:
            before = self._leaving.pop(token, None)
            if before is not None:
                del self.wanted[before][token]
                changed.add(before)
        return changed

    def arriving(self) -> Mapping[int, list[int]]:
        """Return, by connection, the tokens that are on their way to it."""
        tokens: dict[int, list[int]] = defaultdict(list)
        for token in self._leaving:
            tokens[self._connection_of[token]].append(token)
        return tokens

    def connection_of(self, token: int) -> int | None:
        """Return the index of the connection that carries this token, None if it is not wanted."""
        return self._connection_of.get(token)

    def connections(self) -> dict[int, int]:
        """Return every token that is wanted, with the connection that carries it."""
        return dict(self._connection_of)

    def carriers_of(self, token: int) -> tuple[int, ...]:
        """Return the connections that carry this token: two while it moves, none if it is not wanted."""
        carriers = (self._connection_of.get(token), self._leaving.get(token))
        return tuple(number for number in carriers if number is not None)

    def mode_of(self, token: int) -> Mode | None:
        """Return the wanted mode of this token, None if it is not wanted."""
        connection = self._connection_of.get(token)
        return None if connection is None else self.wanted[connection][token]


def requests_to_follow(on_wire: Mapping[int, Mode], wanted: Mapping[int, Mode]) -> Iterator[Request]:
    """Yield what must be sent so that the server's state becomes the wanted one.

    Leaving comes first, so that the limit is never passed on the way, and subscribing before modes. To be
    taken one at a time: `wanted` may change between two of them, and the next call makes up for it.
    """
    for tokens in _chunks([token for token in on_wire if token not in wanted]):
        yield Unsubscribe(tokens)
    new = [token for token in wanted if token not in on_wire]
    for tokens in _chunks(new):
        yield Subscribe(tokens)
    for mode in Mode:
        differ = [
            token for token, want in wanted.items() if want is mode is not on_wire.get(token, SERVER_DEFAULT)
        ]
        for tokens in _chunks(differ):
            yield SetMode(mode, tokens)


def apply_request(on_wire: MutableMapping[int, Mode], request: Request) -> None:
    """Note what the server knows once it has this request."""
    match request:
        case Subscribe(tokens):
            on_wire.update(dict.fromkeys(tokens, SERVER_DEFAULT))
        case Unsubscribe(tokens):
            for token in tokens:
                on_wire.pop(token, None)
        case SetMode(mode, tokens):
            on_wire.update(dict.fromkeys(tokens, mode))


def _chunks(tokens: Sequence[int]) -> Iterator[tuple[int, ...]]:
    for start in range(0, len(tokens), TOKENS_A_REQUEST):
        yield tuple(tokens[start : start + TOKENS_A_REQUEST])


def _check(tokens: Iterable[int]) -> None:
    for token in tokens:
        if not 0 < token <= _MAX_TOKEN or Exchange.of(token) is Exchange.UNKNOWN:
            raise ValueError(f"{token} is no instrument token: its low byte names no segment")
