"""What should be in a recording: every wanted symbol, and since when and why it is missing.

A recorder tells the ledger, in the order in which things happened, what the feed wants, how connections stand
and which packets came; the ledger yields the gaps. It is written beside the recording with every flush (see
`ledgerfile`), so that a start after a crash knows what the recording before it knew.

The rules:

- A symbol is missing from the last frame of a connection that was lost to the first packet in the mode that
  is wanted, or in a richer one, whether or not that packet is news. Others of its connection may have been
  back long before.
- What a change of mode answers, Kite does not say: a packet in a poorer mode ends it too, if none in the
  wanted mode follows within `ANSWER_TIMEOUT`.
- A symbol that is wanted anew is missing only if nothing comes within `ANSWER_TIMEOUT`, and then from the
  moment that it was wanted.
- A symbol of which nothing comes within `ANSWER_TIMEOUT` after its connection is back is missing anew from
  there, for the reason `no answer`.
- A symbol that moves stays with its connection until the first packet of the other has come.
- Symbols that are missing since the same moment, for the same reason, and back within `TOLERANCE` of each
  other are one row: what such a row says too much is less than anybody measures.
- Where the clock is set while a symbol is missing there is a row of each side: until then by the clock as it
  was, and from then by the clock as it is.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from kitetui.feed import ClockStepped, ConnectionChanged, ConnectionState, Heartbeat, SymbolsWanted, Ticks
from kitetui.feed.state import FAILED
from kitetui.record.gaplog import GapEntry
from kitetui.record.ledgerfile import (
    NO_ANSWER,
    NOT_RECORDED,
    TOLERANCE,
    Moment,
    OpenOutage,
    Outage,
    Recovery,
    SymbolHistory,
    SymbolState,
    before_step,
    step_since,
)
from kitetui.wire import Mode
from kitetui.wire.layout import MODE_OF_LENGTH, RANK
from kitetui.wire.tokenrows import tokens_of

ANSWER_TIMEOUT: Final = 5.0
"""Seconds in which Kite answers a subscription, if it answers it at all."""

_STEPS: Final = 16
"""Times that the clock is set before anybody hears of an outage that began earlier."""

_RANK_OF_LENGTH: Final = {length: RANK[Mode(mode)] for length, mode in MODE_OF_LENGTH.items()}


class SymbolLedger:
    """The wanted symbols of a recording, and what is missing of them.

    Its time is that of what it hears: a disk that holds up the recorder holds up no symbol.

    history_of: what was missing of each token before. joined: from when on it answers for tokens that another
    recorder had. dropped: when tokens were dropped. heard: when the last frame of each connection came.
    All are UTC nanoseconds. read: when the clock was last read, as far as is heard.
    """

    def __init__(self, history_of: Callable[[int], SymbolHistory] = lambda token: SymbolHistory()) -> None:
        self.joined: dict[int, int] = {}
        self.dropped: dict[int, int] = {}
        self.heard: dict[int, int] = {}
        self.read: Moment | None = None
        self._history_of = history_of
        self._now = Moment(0, 0.0)
        self._began: Moment | None = None
        self._symbols: dict[int, SymbolState] = {}
        self._watched: dict[int, SymbolState] = {}
        self._count: Counter[int] = Counter()
        self._changes: Counter[int] = Counter()
        self._back: dict[tuple[int, int, str], Recovery] = {}
        self._ready: list[GapEntry] = []
        self._live: set[int] = set()
        self._left: dict[int, tuple[int, int]] = {}
        self._replayed: set[int] = set()
        self._steps: deque[ClockStepped] = deque(maxlen=_STEPS)

    @property
    def wanted(self) -> Mapping[int, list[int]]:
        """The wanted tokens of each connection."""
        tokens: dict[int, list[int]] = defaultdict(list)
        for token, symbol in self._symbols.items():
            tokens[symbol.connection].append(token)
        return tokens

    @property
    def missing(self) -> tuple[Outage, ...]:
        """What is missing now, or not in the log yet."""
        groups: dict[tuple[int, int, str], list[int]] = defaultdict(list)
        begun: dict[tuple[int, int, str], OpenOutage | Recovery] = {}
        for token, symbol in self._watched.items():
            if (missing := symbol.missing) is not None:
                key = symbol.connection, missing.since, NOT_RECORDED if missing.is_new else missing.reason
                groups[key].append(token)
                begun[key] = missing
        for (_, since, reason), back in self._back.items():
            for token in back.tokens:
                if token in self._symbols:
                    key = self._symbols[token].connection, since, reason
                    groups[key].append(token)
                    begun[key] = back
        return tuple(
            Outage(*key, () if self._are_all(key[0], tokens, begun[key]) else tuple(tokens))
            for key, tokens in groups.items()
        )

    def is_replayed(self, connection: int) -> bool:
        """Whether a connection plays a recording."""
        return connection in self._replayed

    def hear(self, message: Ticks | Heartbeat | SymbolsWanted | ConnectionChanged | ClockStepped) -> None:
        """Take in what comes next; `take` gives the gaps that are known then."""
        match message:
            case Ticks(received_at=received_at, timed_at=by):
                if len(received_at) and message.connection not in self._replayed:
                    self._read(Moment(int(received_at[-1]), by))
                    self.heard[message.connection] = self._now.at
                self._ticks(message)
            case Heartbeat(connection, at, by):
                if connection not in self._replayed:
                    self._read(Moment(at, by))
                    self.heard[connection] = at
            case SymbolsWanted(connection=connection, at=at, timed_at=by):
                if connection not in self._replayed:
                    self._read(Moment(at, by))
                    self._wanted(message)
            case ConnectionChanged(at=at, timed_at=by):
                if not message.is_replay:
                    self._read(Moment(at, by))
                self._changed(message)
            case ClockStepped():
                self._stepped(message)

    def moment_of(self, by: float) -> Moment | None:
        """Return the moment of a stopwatch's reading, by the clock of what was heard; None before that."""
        last = self._now
        return Moment(last.at + round((by - last.by) * 1e9), by) if last.at else None

    def pass_time(self, now: Moment | None = None) -> None:
        """Take notice of the time of what was heard last, or that all that came until now was heard."""
        now = self._now = now or self._now
        for token, symbol in list(self._watched.items()):
            missing = symbol.missing
            if missing is not None and missing.is_new and now.by - missing.noticed > ANSWER_TIMEOUT:
                missing.is_new = False
                self._note_earlier(token, missing)
            if missing is None or missing.asked is None:
                continue
            if missing.poorer is not None:
                if now.by - missing.poorer.by >= ANSWER_TIMEOUT:
                    self._return(token, symbol, missing.poorer)
            elif now.by - missing.asked.by >= ANSWER_TIMEOUT and missing.reason != NO_ANSWER:
                asked = Moment(max(missing.asked.at, missing.since), missing.asked.by)
                if missing.since < asked.at:
                    self._note(token, missing, asked.at)
                symbol.missing = OpenOutage(symbol.connection, asked.at, NO_ANSWER, asked.by, asked=asked)
        for key, back in list(self._back.items()):
            if not 0 <= now.at - back.first <= TOLERANCE:
                self._log(key)

    def take(self) -> Iterator[GapEntry]:
        """Yield the gaps that are known, and were not yielded before."""
        ready, self._ready = self._ready, []
        yield from ready

    def unfinished(self, at: int) -> Iterator[GapEntry]:
        """Yield all gaps up to a moment, UTC nanoseconds; what is still missing is so from there on."""
        by = self._now.by + max(at - self._now.at, 0) / 1e9
        for token, symbol in list(self._watched.items()):
            missing = symbol.missing
            if missing is not None and not (missing.is_new and by - missing.noticed < ANSWER_TIMEOUT):
                self._note(token, missing, at)
                missing.since, missing.is_new, missing.earlier = at, False, ()
        self._log_all()
        yield from self.take()

    def _read(self, now: Moment) -> None:
        self._began = self._began or now
        self._now = self.read = now

    def _wanted(self, message: SymbolsWanted) -> None:
        connection, now = message.connection, self._now
        self.heard.setdefault(connection, now.at)
        begun: dict[int, OpenOutage] = {}
        if any(mode is not None and token not in self._symbols for token, mode in message.modes.items()):
            self._changes[connection] += 1
        for token, mode in message.modes.items():
            symbol = self._symbols.get(token)
            if mode is None:
                self._unwanted(token, connection, now)
                continue
            if symbol is None or symbol.is_off:
                self._forget(token)
                symbol = self._symbols[token] = SymbolState(connection, mode)
                self.dropped.pop(token, None)
                self._count[connection] += 1
                symbol.missing = begun[token] = self._begun(token, connection, now)
            elif symbol.connection != connection:
                symbol.coming = connection
            symbol.mode = mode
            symbol.carriers.add(connection)
            self._watch(token, symbol)
        for token, missing in begun.items():
            if missing.is_new:
                missing.of = self._count[connection]
            if token in message.answered:
                self._return(token, self._symbols[token], now)
        self._log_all()

    def _begun(self, token: int, connection: int, now: Moment) -> OpenOutage:
        """Return what is known of a symbol that is wanted anew."""
        asked = now if connection in self._live else None
        past = self._history_of(token)
        for before in past.outages:
            of = before.of if before.connection == connection else 0
            changes = self._changes[connection]
            missing = OpenOutage(
                connection, before.since, before.reason, now.by, of, asked=asked, changes=changes
            )
            if before.until is None:
                if (step := step_since(before, now)) is not None:
                    self._split(token, missing, step)
                missing.since = min(missing.since, now.at)
                return missing
            self._note(token, missing, before.until)
        if past.is_shared:
            self.joined[token] = now.at
        changes = self._changes[connection]
        return OpenOutage(connection, now.at, NO_ANSWER, now.by, is_new=True, asked=asked, changes=changes)

    def _unwanted(self, token: int, connection: int, now: Moment) -> None:
        symbol = self._symbols.get(token)
        if symbol is None:
            return
        symbol.carriers.discard(connection)
        if symbol.coming == connection:
            symbol.coming = None
        elif symbol.connection == connection:
            if symbol.missing is None:
                self._left[token] = connection, now.at
            if not symbol.carriers:
                self._return(token, symbol, now)
                self._forget(token)
                self.dropped[token] = now.at
                return
            self._settle(symbol, min(symbol.carriers))
            if symbol.missing is None:
                symbol.missing = OpenOutage(symbol.connection, now.at, NO_ANSWER, now.by, is_new=True)
            symbol.missing.asked = now if symbol.connection in self._live else None
        self._watch(token, symbol)

    def _changed(self, change: ConnectionChanged) -> None:
        connection, now = change.connection, Moment(change.at, change.timed_at)
        if change.is_replay:
            # A recording says itself what it lacks, and its times are others.
            self._replayed.add(connection)
            for token in [each for each, symbol in self._symbols.items() if symbol.connection == connection]:
                self._forget(token)
            return
        if change.state is ConnectionState.LIVE:
            self._live.add(connection)
            self.heard[connection] = change.at
        else:
            self._live.discard(connection)
        self._settle_left(change)
        self._log_all()
        for token, symbol in self._symbols.items():
            if symbol.connection != connection or symbol.is_off:
                continue
            missing = symbol.missing
            if change.state is ConnectionState.LIVE:
                if missing is not None:
                    missing.asked, missing.poorer = now, None
            elif change.state in FAILED:
                self._lose(token, symbol, change)
            elif change.state is ConnectionState.UNUSED and missing is not None:
                self._return(token, symbol, now)
        if change.state is ConnectionState.UNUSED:
            self._log_all()
            self._switch_off(connection)

    def _switch_off(self, connection: int) -> None:
        """Have nothing of a connection missing, for the feed has ended; what was wanted is remembered."""
        for symbol in self._symbols.values():
            if symbol.connection == connection and not symbol.is_off:
                symbol.is_off = True
                self._count[connection] -= 1

    def _settle_left(self, change: ConnectionChanged) -> None:
        """Have a row for symbols that were wanted until after a connection was lost, unknown to all."""
        for token, (connection, until) in list(self._left.items()):
            if connection == change.connection:
                del self._left[token]
                if change.missing_since is not None:
                    missing = OpenOutage(connection, self._lost_since(change), change.reason, change.timed_at)
                    self._split_if_set(token, missing)
                    if missing.since < until:
                        self._note(token, missing, until)

    def _lose(self, token: int, symbol: SymbolState, change: ConnectionChanged) -> None:
        missing = symbol.missing
        if missing is None:
            number, since = change.connection, self._lost_since(change)
            of, changes = self._count[number], self._changes[number]
            missing = OpenOutage(number, since, change.reason, change.timed_at, of, changes=changes)
            symbol.missing = missing
            self._split_if_set(token, missing)
            self._watch(token, symbol)
        else:
            if missing.is_new:
                # What was asked for on a connection that was up may have been sent, and lost.
                missing.reason = change.reason
                missing.is_new = missing.asked is None and change.missing_since is None
            if not missing.is_new:
                self._note_earlier(token, missing)
            missing.asked = missing.poorer = None

    def _lost_since(self, change: ConnectionChanged) -> int:
        """Return since when a connection brought nothing, as far as that is part of the recording."""
        if change.missing_since is None:
            return change.at
        began = self._began.by if self._began is not None else change.timed_at
        return max(change.missing_since, change.at - round((change.timed_at - began) * 1e9))

    def _ticks(self, ticks: Ticks) -> None:
        if not self._watched:
            return
        tokens = tokens_of(ticks.batch).tolist()
        if self._watched.keys().isdisjoint(tokens):
            return
        for place, token in enumerate(tokens):
            symbol = self._watched.get(token)
            if symbol is None:
                continue
            if symbol.coming == ticks.connection:
                if symbol.missing is None:  # the other may be lost since before, and nobody knows it yet
                    self._left[token] = symbol.connection, int(ticks.received_at[place])
                self._settle(symbol, ticks.connection)
            if symbol.connection == ticks.connection:
                moment = Moment(int(ticks.received_at[place]), ticks.timed_at)
                self._came(token, symbol, int(ticks.batch.lengths[place]), moment)

    def _came(self, token: int, symbol: SymbolState, length: int, moment: Moment) -> None:
        missing = symbol.missing
        if missing is not None and _RANK_OF_LENGTH[length] < RANK[symbol.mode]:
            missing.poorer = missing.poorer or moment
        elif missing is not None:
            self._return(token, symbol, moment)
        else:
            self._watch(token, symbol)

    def _stepped(self, step: ClockStepped) -> None:
        self._steps.append(step)
        ahead = round(step.seconds * 1e9)
        self._now = Moment(self._now.at + ahead, self._now.by)
        if self.read is not None:
            self.read = Moment(self.read.at + ahead, self.read.by)
        self._left = {token: (number, at + ahead) for token, (number, at) in self._left.items()}
        self.joined = {token: at + ahead for token, at in self.joined.items()}
        self.dropped = {token: at + ahead for token, at in self.dropped.items()}
        self.heard = {number: at + ahead for number, at in self.heard.items()}
        self._log_all()
        for token, symbol in list(self._watched.items()):
            if symbol.missing is not None and symbol.missing.poorer is not None:
                self._return(token, symbol, symbol.missing.poorer)
            if symbol.missing is not None:
                self._split(token, symbol.missing, step)
                if (asked := symbol.missing.asked) is not None:
                    symbol.missing.asked = Moment(asked.at + ahead, asked.by)
        self._log_all()

    def _return(self, token: int, symbol: SymbolState, moment: Moment) -> None:
        """Note that a symbol is back, or not wanted any more."""
        missing = symbol.missing
        if missing is not None and not (missing.is_new and moment.by - missing.noticed <= ANSWER_TIMEOUT):
            self._note(token, missing, moment.at)
        symbol.missing = None
        self._watch(token, symbol)

    def _split(self, token: int, missing: OpenOutage, step: ClockStepped) -> None:
        """Have a row up to a step of the clock, by the clock before; it goes on by the clock after."""
        if missing.since <= (before := before_step(step)):
            if missing.is_new:
                missing.earlier += ((missing.since, before),)
            else:
                self._note(token, missing, before)
        missing.since = step.since

    def _split_if_set(self, token: int, missing: OpenOutage) -> None:
        """Do so for each time that the clock was set since an outage began, which is by the clock of now."""
        begin, end = missing.since, None
        spans: list[tuple[int, int | None]] = []
        for step in reversed(self._steps):
            if begin >= step.at:
                break
            spans.append((max(begin, step.since), end))
            begin, end = begin - round(step.seconds * 1e9), before_step(step)
        spans.append((begin, end))
        for since, until in spans[1:]:
            if until is not None and since <= until:
                self._note(token, replace(missing, since=since), until)
        missing.since = spans[0][0]

    def _note_earlier(self, token: int, missing: OpenOutage) -> None:
        earlier, missing.earlier = missing.earlier, ()
        for since, before in earlier:
            self._note(token, replace(missing, since=since), before)

    def _note(self, token: int, missing: OpenOutage, end: int) -> None:
        """Have a row for what a symbol has lacked until now."""
        self._note_earlier(token, missing)
        key = missing.connection, missing.since, missing.reason
        back = self._back.get(key)
        if back is not None and not -TOLERANCE <= end - back.first <= TOLERANCE:
            self._log(key)
            back = None
        if back is None:
            back = self._back[key] = Recovery(missing.of, missing.changes, end, end)
        back.last = max(back.last, end)
        back.tokens.append(token)

    def _log(self, key: tuple[int, int, str]) -> None:
        connection, since, reason = key
        back = self._back.pop(key)
        which = () if self._are_all(connection, back.tokens, back) else tuple(back.tokens)
        self._ready.append(
            GapEntry(since, max(since, back.last), reason, connection, len(back.tokens), which)
        )

    def _log_all(self) -> None:
        """Have a row at once for all that is back: `missing` says nothing of what is not wanted any more."""
        for key in list(self._back):
            self._log(key)

    def _are_all(self, connection: int, tokens: Sequence[int], begun: OpenOutage | Recovery) -> bool:
        """Whether these were all of a connection when they fell missing, and none has come or left since."""
        is_unchanged = begun.changes == self._changes[connection]
        return len(tokens) == begun.of == self._count[connection] and is_unchanged

    def _settle(self, symbol: SymbolState, connection: int) -> None:
        self._count[symbol.connection] -= 1
        self._count[connection] += 1
        self._changes.update((symbol.connection, connection))
        symbol.connection, symbol.coming = connection, None

    def _watch(self, token: int, symbol: SymbolState) -> None:
        """Watch the packets for a symbol as long as it is missing, or on its way."""
        if symbol.missing is not None or symbol.coming is not None:
            self._watched[token] = symbol
        else:
            self._watched.pop(token, None)

    def _forget(self, token: int) -> None:
        self._watched.pop(token, None)
        self.joined.pop(token, None)
        if (symbol := self._symbols.pop(token, None)) is not None and not symbol.is_off:
            self._count[symbol.connection] -= 1
            self._changes[symbol.connection] += 1
