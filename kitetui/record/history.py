"""What was recorded before in the same place: since when each symbol is missing there.

Several recorders may write into one folder, each with its own symbols. So what a new one goes on from is
asked for each symbol. Each ledger says until when a symbol was recorded, or lacked with a row that says so; a
recorder that began while another was recording the symbol answers only for the time from then on. What is
between the spans of all is missing, and so is what comes after the last, unless its recorder is at work.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import inf, isinf
from pathlib import Path

from kitetui.errors import UserError
from kitetui.record.formats import open_reader
from kitetui.record.gaplog import GapEntry, gap_log_of
from kitetui.record.ledgerfile import (
    NOT_RECORDED,
    LedgerState,
    Moment,
    PastOutage,
    SymbolHistory,
    put_ledger,
    read_ledger,
)
from kitetui.record.output import is_being_written
from kitetui.times import boot


@dataclass(frozen=True, slots=True)
class _Span:
    """From when to when a recorder answers for a symbol, infinity where it is at work; `reason` is why no
    longer. is_dropped: whether nobody wanted it any more."""

    start: float
    end: float
    reason: str = ""
    read: Moment | None = None
    connection: int = -1
    of: int = 0
    is_dropped: bool = False
    ledger: Path | None = None

    def by(self, moment: float) -> float:
        """Return its start or end in seconds that compare, whatever was done to the clock since."""
        if isinf(moment) or self.read is None:
            return moment / 1e9
        return self.read.by + (moment - self.read.at) / 1e9


@dataclass(slots=True)
class RecordingHistory:
    """What is known of the recordings before.

    until: up to when anything was recorded, UTC nanoseconds; None where nothing was. is_told: whether a
    ledger says so, symbol by symbol.
    """

    until: int | None = None
    is_told: bool = False
    _spans: dict[int, list[_Span]] = field(default_factory=lambda: defaultdict(list))
    _left: dict[Path, LedgerState] = field(default_factory=dict)

    @classmethod
    def of_ledgers(cls, ledgers: Iterable[Path]) -> RecordingHistory:
        """Return what ledgers say, those of recorders that are at work among them."""
        history = cls()
        for path in ledgers:
            history._add(path, read_ledger(path), is_at_work=is_at_work(path))
        return history

    def or_of_rows(self, recordings: Iterable[Path]) -> RecordingHistory:
        """Return this or, where no ledger said anything, what the last row of a recording says.

        recordings: the newest first; one that is being written says nothing.
        """
        if not self.is_told:
            idle = (path for path in recordings if not is_at_work(path))
            self.until = next((at for path in idle if (at := _last_row_at(path)) is not None), None)
        return self

    def take(self, token: int) -> SymbolHistory:
        """Return what is missing of a token, once."""
        if not self.is_told and self.until is not None:
            return SymbolHistory((PastOutage(self.until, NOT_RECORDED),))
        outages: list[PastOutage] = []
        last: _Span | None = None
        spans = _comparable(self._spans.pop(token, ()))
        for span in sorted(spans, key=lambda span: span.by(span.start)):
            if last is not None and span.by(span.start) > last.by(last.end):
                outages.append(_past_outage(last, until=round(span.start)))
            if last is None or span.by(span.end) > last.by(last.end):
                last = span
        is_shared = last is not None and last.end == inf
        if last is not None and not is_shared and not last.is_dropped:
            outages.append(_past_outage(last))
        return SymbolHistory(tuple(outages), is_shared=is_shared)

    def take_over(self, wanted: Iterable[int], own: Path | None) -> Iterator[GapEntry]:
        """Remove the ledgers that another takes the place of, once it is kept; yield what they leave unsaid.

        Of symbols that are not wanted any more a ledger stays, for a recorder that wants them again. own: the
        ledger that is kept now.
        """
        self.is_told = True  # what is wanted from now on was not before
        if not self._left:
            return
        wanted = frozenset(wanted)
        for path, state in list(self._left.items()):
            rest = {
                number: [token for token in tokens if token not in wanted and not self._is_dropped(token)]
                for number, tokens in state.wanted.items()
            }
            unsaid = list(_unsaid(state, wanted))
            if path == own or not any(rest.values()):
                del self._left[path]
                if path != own:
                    path.unlink(missing_ok=True)
            elif unsaid or rest != state.wanted:
                is_rest = state.is_rest or rest != state.wanted
                left = replace(state, wanted=rest, missing=(), heard={}, is_rest=is_rest)
                put_ledger(path, left)
                self._left[path] = left
            yield from unsaid
            for token in [token for entry in unsaid for token in entry.tokens if token in self._spans]:
                self._spans[token] = [
                    replace(span, end=state.until or span.end) if span.ledger == path else span
                    for span in self._spans[token]
                ]

    def _is_dropped(self, token: int) -> bool:
        spans = _comparable(self._spans.get(token, ()))
        return max(spans, key=lambda span: span.by(span.end)).is_dropped if spans else False

    def _add(self, path: Path, state: LedgerState | None, *, is_at_work: bool) -> None:
        if state is None:
            if not is_at_work:
                self._left[path] = LedgerState()
            return
        self.is_told = True
        read = state.read if state.boot == boot() else None
        connection_of = state.connection_of
        named = {token for each in state.missing for token in each.tokens}
        for token, since, reason in state.outages():
            start, end = state.joined.get(token, -inf), inf if is_at_work else since
            connection = connection_of[token]
            # Only of what was there to the end, or named none, is it known that there were no other symbols.
            is_all = reason == NOT_RECORDED and token not in named and not state.is_rest
            of = len(state.wanted[connection]) if is_all else 0
            self._spans[token].append(_Span(start, end, reason, read, connection, of, ledger=path))
        for token, at in state.dropped.items():
            start = state.joined.get(token, -inf)
            self._spans[token].append(_Span(start, at, read=read, is_dropped=True))
        if not is_at_work:
            self._left[path] = state
            if state.until is not None:
                self.until = max(self.until or 0, state.until)


def _comparable(spans: Sequence[_Span]) -> Sequence[_Span]:
    """Return spans whose times compare: all by the stopwatch, or all by the time of day."""
    if all(span.read is not None for span in spans):
        return spans
    return [replace(span, read=None) for span in spans]


def _past_outage(span: _Span, until: int | None = None) -> PastOutage:
    """Return what is missing after a span."""
    return PastOutage(round(span.end), span.reason, span.read, until, span.connection, span.of)


def _unsaid(state: LedgerState, wanted: frozenset[int]) -> Iterator[GapEntry]:
    """Yield what was missing of symbols that nobody wants any more, up to the last flush.

    What came of a connection after its last frame is not known, either.
    """
    until = state.until
    if until is None:
        return
    reasons = {token: reason for token, _, reason in state.missing_now()}
    groups: dict[tuple[int, int, str], list[int]] = defaultdict(list)
    connection_of = state.connection_of
    for token, since, _ in state.outages():
        if token not in wanted and since < until:
            groups[connection_of[token], since, reasons.get(token, NOT_RECORDED)].append(token)
    for (connection, since, reason), tokens in groups.items():
        yield GapEntry(since, until, reason, connection, len(tokens), tuple(tokens))


def is_at_work(path: Path) -> bool:
    """Whether a recorder is writing this recording."""
    log = gap_log_of(path)
    return log.exists() and is_being_written(log)


def _last_row_at(recording: Path) -> int | None:
    last = None
    try:
        for rows in open_reader(recording):
            if len(rows):
                last = max(last or 0, int(rows.received_at.max()))
    except UserError:  # what cannot be read says nothing
        return last
    return last
