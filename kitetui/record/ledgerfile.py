"""The ledger's file: beside a recording, what it knows of itself at its last flush.

A start after a crash reads here until when all that was received is in the files or in the gap log, what was
missing then, and which symbols were wanted at all. Lines of JSON, each of which takes the place of the one of
its kind before; a torn last line is passed over:

    {"wanted": {"0": [408065, 738561]}}                        by connection, from 0
    {"joined": [[1795580050000000000, [738561]]]}             from when on, tokens that another recorder had
    {"dropped": {"265": 1795580060000000000}}                 when tokens were wanted no more
    {"rest": true}                                            the other symbols are another's
    {"missing": [[0, 1795580100000000000, "closed", []]]}      connection, since, reason, tokens (none: all)
    {"until": 1795580101000000000, "heard": {"0": 1795580100900000000}, "at": 1795580101050000000, "by": 12.5,
     "boot": "4f6a…"}

`until`, `at`, when the clock was last read, and `heard`, when the last frame of a connection came, are UTC
nanoseconds; `by` is `at` by the clock that never steps, which goes on until the machine is started anew
(`boot`). So it is known what the time of day did since then.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from kitetui.feed import ClockStepped
from kitetui.record.output import write_error
from kitetui.wire import Mode
from kitetui.writing import put_whole

TOLERANCE: Final = 100_000_000
"""Nanoseconds within which symbols are back together, and clocks agree."""

NO_ANSWER: Final = "no answer"
NOT_RECORDED: Final = "not recorded"


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment by both clocks: `at`, UTC nanoseconds, and `by`, seconds of one that never steps."""

    at: int
    by: float


@dataclass(frozen=True, slots=True)
class Outage:
    """Since when and why symbols of a connection are missing; `tokens` are empty for all of them."""

    connection: int
    since: int
    reason: str
    tokens: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PastOutage:
    """Since when and why a symbol is missing, by what was recorded before.

    read: when the clock was last read then, None where it does not compare with the clock of now. until:
    None where it is missing still. connection, of: the one that had it then, with so many symbols; 0 where
    that says nothing.
    """

    since: int
    reason: str
    read: Moment | None = None
    until: int | None = None
    connection: int = -1
    of: int = 0


@dataclass(frozen=True, slots=True)
class SymbolHistory:
    """What was missing of a symbol before a recording; `is_shared`: another recorder has it now."""

    outages: tuple[PastOutage, ...] = ()
    is_shared: bool = False


@dataclass(slots=True)
class OpenOutage:
    """Why and since when a symbol is missing.

    connection: the one that had it then. of: how many it had, 0 where that says nothing. changes: how often
    symbols had come to it or left it by then. noticed: seconds of the stopwatch. is_new: whether nothing is
    known to be lost yet. asked: when it was asked for on a connection that is up, None while none is. poorer:
    its first packet in a poorer mode. earlier: from when to when it was missing by the clock before each
    step, where that has no row yet.
    """

    connection: int
    since: int
    reason: str
    noticed: float
    of: int = 0
    is_new: bool = False
    asked: Moment | None = None
    poorer: Moment | None = None
    earlier: tuple[tuple[int, int], ...] = ()
    changes: int = 0


@dataclass(slots=True)
class SymbolState:
    """A wanted symbol: the connection that it is with, and the one that it moves to.

    carriers: all that are to carry it. is_off: whether the feed has ended, and is not begun again.
    """

    connection: int
    mode: Mode
    coming: int | None = None
    carriers: set[int] = field(default_factory=set)
    missing: OpenOutage | None = None
    is_off: bool = False


@dataclass(slots=True)
class Recovery:
    """Symbols that are back from one outage, within `TOLERANCE`; `first` and `last` of them when.

    of: how many symbols the connection had, 0 where that says nothing. changes: see `OpenOutage`.
    """

    of: int
    changes: int
    first: int
    last: int
    tokens: list[int] = field(default_factory=list)


def step_since(before: PastOutage, now: Moment) -> ClockStepped | None:
    """Return by how much the clock was set while nobody looked, None where it was not, or nobody can say."""
    if before.read is None:
        return None
    at, by = before.read.at, before.read.by
    ahead = now.at - at - round((now.by - by) * 1e9)
    return ClockStepped(now.at, at + ahead, ahead / 1e9) if abs(ahead) > TOLERANCE else None


def before_step(step: ClockStepped) -> int:
    """Return the moment of a step, by the clock as it was."""
    return step.at - round(step.seconds * 1e9)


LEDGER_SUFFIX: Final = ".ledger"

_LONGEST: Final = 1 << 20
"""Bytes after which a file is written anew: a day of flushes takes half of it."""


@dataclass(frozen=True, slots=True)
class LedgerState:
    """What a recording knew of itself.

    wanted: tokens by connection. until: up to when the files and the gap log have all that was received, but
    for what is `missing`; UTC nanoseconds, None where nothing was flushed. read: when the clock was last read
    before that, by both clocks, the second of which counts for one `boot` of the machine alone. joined: from
    when on it answers for tokens that another recorder had when this one began. heard: when the last frame
    of each connection came: what came of it after that is not known to be whole. dropped: when tokens were
    wanted no more. is_rest: whether its connections had other symbols too, which another ledger has taken
    over.
    """

    wanted: Mapping[int, list[int]] = field(default_factory=dict)
    missing: tuple[Outage, ...] = ()
    until: int | None = None
    read: Moment | None = None
    boot: str = ""
    joined: Mapping[int, int] = field(default_factory=dict)
    heard: Mapping[int, int] = field(default_factory=dict)
    dropped: Mapping[int, int] = field(default_factory=dict)
    is_rest: bool = False

    @property
    def connection_of(self) -> dict[int, int]:
        """The connection of each wanted token."""
        return {token: number for number, tokens in self.wanted.items() for token in tokens}

    def tokens_of(self, outage: Outage) -> Sequence[int]:
        """Return the tokens of an outage, all of its connection where it names none."""
        return outage.tokens or self.wanted.get(outage.connection, ())

    def missing_now(self) -> Iterator[tuple[int, int, str]]:
        """Yield of each token that was missing since when it was, and why."""
        for each in self.missing:
            for token in self.tokens_of(each):
                yield token, each.since, each.reason

    def outages(self) -> Iterator[tuple[int, int, str]]:
        """Yield of each wanted token since when it is missing, now that nobody records it, and why."""
        if self.until is None:
            return
        missing: dict[int, tuple[int, str]] = {}
        for token, at, reason in self.missing_now():
            then = f"{reason}, then {NOT_RECORDED}" if NOT_RECORDED not in reason else reason
            missing[token] = at, then
        for token, connection in self.connection_of.items():
            since, why = missing.get(token, (self.heard.get(connection, self.until), NOT_RECORDED))
            yield token, min(since, self.until), why


class LedgerFile:
    """Keeps a ledger on the disk; `path` is that of the file.

    is_continued: whether what it says already stands until more is known. Raises OSError.
    """

    def __init__(self, path: Path, *, is_continued: bool = False) -> None:
        self.path = path
        self._state = LedgerState()
        self._file = path.open("ab", buffering=0)
        if not is_continued and path.stat().st_size:
            self._file.truncate(0)
        self._size = path.stat().st_size
        self._is_anew = is_continued

    def put(self, state: LedgerState) -> None:
        """Have what changed on its way to the disk. Raises RecordingError."""
        before, self._state = self._state, state
        try:
            # What the lines before say and this state does not would go on to be read.
            if self._size > _LONGEST or self._is_anew:
                put_whole(self.path, _encoded(state, LedgerState()))
                self._file.close()
                self._file = self.path.open("ab", buffering=0)
                self._size, self._is_anew = self.path.stat().st_size, False
            elif data := _encoded(state, before):
                view = memoryview(data)
                while view:
                    view = view[self._file.write(view) :]
                self._size += len(data)
        except OSError as error:
            with suppress(OSError):  # no line begins after half of another
                self._file.truncate(self._size)
            self._state = before
            raise write_error(self.path, error) from error

    def close(self) -> None:
        """Close the file, which stays."""
        self._file.close()

    def remove(self) -> None:
        """Close the file, and remove it: another has taken over what it knew."""
        self._file.close()
        self.path.unlink(missing_ok=True)


def ledger_of(recording: Path) -> Path:
    """Return where the ledger of a recording is: `ticks.csv` has `ticks.ledger`."""
    return recording.with_suffix(LEDGER_SUFFIX)


def put_ledger(path: Path, state: LedgerState) -> None:
    """Have a ledger say this and nothing else. Raises RecordingError."""
    try:
        put_whole(path, _encoded(state, LedgerState()))
    except OSError as error:
        raise write_error(path, error, "") from error


def read_ledger(path: Path) -> LedgerState | None:
    """Return what a recording knew of itself, None where there is no ledger, or none that can be read."""
    try:
        with path.open("rb") as file:
            return _state_of(file)
    except OSError:
        return None


def _state_of(lines: Iterable[bytes]) -> LedgerState | None:
    wanted: dict[int, list[int]] | None = None
    missing: tuple[Outage, ...] = ()
    until: int | None = None
    read: Moment | None = None
    boot = ""
    joined: dict[int, int] = {}
    heard: dict[int, int] = {}
    dropped: dict[int, int] = {}
    is_rest = False
    for line in lines:
        if not line.endswith(b"\n"):
            continue
        with suppress(ValueError, TypeError, RecursionError):
            match json.loads(line):
                case {"wanted": dict(tokens)}:
                    wanted = {
                        int(number): [int(each) for each in listed] for number, listed in tokens.items()
                    }
                case {"missing": list(outages)}:
                    missing = tuple(map(_outage, outages))
                case {"rest": bool(said)}:
                    is_rest = said
                case {"dropped": dict(times)}:
                    dropped = {int(token): int(at) for token, at in times.items()}
                case {"joined": list(groups)}:
                    joined = {int(token): int(since) for since, tokens in groups for token in tokens}
                case {
                    "until": int(before),
                    "heard": dict(times),
                    "at": int(at),
                    "by": float(by),
                    "boot": str(boot),
                }:
                    until, read = before, Moment(at, by)
                    heard = {int(number): int(time) for number, time in times.items()}
    return (
        None
        if wanted is None
        else LedgerState(wanted, missing, until, read, boot, joined, heard, dropped, is_rest)
    )


def _outage(value: Any) -> Outage:
    connection, since, reason, tokens = value
    return Outage(int(connection), int(since), str(reason), tuple(map(int, tokens)))


def _encoded(state: LedgerState, before: LedgerState) -> bytes:
    """Return the lines of what differs."""
    lines: list[Mapping[str, Any]] = []
    if state.wanted != before.wanted:
        lines.append({"wanted": state.wanted})
    if state.is_rest != before.is_rest:
        lines.append({"rest": state.is_rest})
    if state.dropped != before.dropped:
        lines.append({"dropped": state.dropped})
    if state.joined != before.joined:
        groups: dict[int, list[int]] = defaultdict(list)
        for token, since in state.joined.items():
            groups[since].append(token)
        lines.append({"joined": list(groups.items())})
    if state.missing != before.missing:
        outages = [(each.connection, each.since, each.reason, each.tokens) for each in state.missing]
        lines.append({"missing": outages})
    if state.until != before.until and state.read is not None:
        at, by = state.read.at, state.read.by
        moment = {"until": state.until, "heard": state.heard, "at": at, "by": by, "boot": state.boot}
        lines.append(moment)
    return b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines)
