"""Whether a packet is news or may be the server's answer to a request: decided here, and nowhere else.

Kite answers `subscribe` with the packet it kept, which can be days old, and may answer `mode` in the same
way. An answer looks like any other packet and is acknowledged by nothing. So after a request a token is
*unproven*, and its packets carry the mark `snapshot` until one proves that it is news. What each consumer
shows or stores follows from that mark.

A packet of an unproven token is news if

- it differs, in a field that both carry, from the packet of this token before it. This supposes that the
  server streams every change of a field in the token's mode, so that an answer repeats the packet before it;
  where the server joins an answer with a change, the packet is news. What goes back in time (an older
  exchange time, a smaller volume) is no news, and neither is what is older than the request, while it may be
  answered.
- its exchange time is later than the moment by which the answer had come. The exchange's clock is estimated
  from the packets that were proven by a difference, against a clock that never steps, so the time of day of
  this machine does not matter.

The token is *proven*, and no packet of it is marked, from the first news on that comes when no answer can be
on its way any more: `_ROUNDS` pings after the request, and once market data of any token has come since it.
Until then each packet must prove itself.

The cases behind these rules:

- ltp mode has no time and no volume. A changed price is news; the same price again may be an answer.
- quote mode, and an index in it, have no time. Every field that differs counts.
- From ltp to full, the answer shares only the last price with the packet before: equal, so marked, although
  its other fields are new here. They may be old on the exchange.
- Packets that were in flight when the request went out differ from their predecessor, and are news. They do
  not prove the token: the answer still follows, and repeats the last of them.
- While a request is on its way nobody knows in which mode a token is streamed, and what the poorer mode does
  not carry may change without a packet. So a difference counts only in the fields of the poorest mode
  meanwhile.
- A token that was unsubscribed and is subscribed again on the same connection misses changes between the two.
  So its answer may differ from a packet that was in flight meanwhile; a difference counts only once no
  answer can be on its way.
- Before the opening, or in a contract that nobody trades, nothing differs for hours. The mark stays until
  the first trade or quote.
- The answers to `subscribe` and `mode` may come from different stores of the server and differ: both are
  older than the request.
- A clock of this machine that is minutes off, or steps, changes nothing.
- A server that answers no ping is given half a minute in place of each answer. That it answers none is known
  once ticks have come without a pong, which a slow line would have brought before them.
- A server that holds its market data back answers pings all the same, and its answers wait with all else. So
  pings say nothing of them before market data has come.
- Packets may repeat each other when only the book moved. Once a token is proven they carry no mark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kitetui.feed.lastpackets import LastPackets
from kitetui.feed.subscriptions import SERVER_DEFAULT
from kitetui.wire import Request, SetMode, Subscribe, TickBatch
from kitetui.wire.layout import (
    BUY_QUANTITY,
    EXCHANGE_TIME,
    FIELDS,
    FULL,
    INDEX_FULL,
    INDEX_QUOTE,
    LAST_PRICE,
    LTP,
    QUOTE,
    RANK,
    SELL_QUANTITY,
    VOLUME,
    WORDS,
)

_ROUNDS: Final = 2
"""Pings after which no answer is on its way, where data comes; the first may have left before the request."""

_WHOLE: Final = 1.0
"""Seconds that an exchange time, which has no fraction, may lie before its packet."""

_CARRIED: Final = np.zeros((FULL + 1, WORDS), dtype=np.bool_)
"""Which words of a row a packet carries, by its length; a length of 0 stands for no packet."""

for _field in FIELDS.values():
    _CARRIED[list(_field.lengths), _field.word] = True

_WITHIN: Final = np.tile(np.arange(FULL + 1), (len(RANK), 1))
"""By mode and the length of a packet: the length of what of it that mode has."""

_WITHIN[0, 1:] = LTP
_WITHIN[1, [FULL, INDEX_FULL]] = QUOTE, INDEX_QUOTE

_UNSIGNED: Final = 0xFFFFFFFF
_AGES: Final = (EXCHANGE_TIME, VOLUME)
"""Words that never become smaller while a day lasts."""

_TELLING: Final = [*_AGES, LAST_PRICE, BUY_QUANTITY, SELL_QUANTITY]
"""Words of which most news has one that is another."""

_CARRIED_TELLING: Final = _CARRIED[:, _TELLING]

_OF_AGE: Final = slice(len(_AGES))


def flags_at(places: Mapping[int, Sequence[int]], batch: TickBatch) -> NDArray[np.bool_]:
    """Return for each tick of some messages whether it is one of those named, shape (n,), bool.

    places: by a message's index, from 0 among its ticks; what lies beyond them does not count.
    """
    flags = np.zeros(len(batch), dtype=np.bool_)
    for message, named in places.items():
        first, last = np.searchsorted(batch.frames, (message, message + 1)).tolist()
        flags[[first + place for place in named if first + place < last]] = True
    return flags


class Freshness:
    """Which tokens of one session are unproven.

    last: the last packets of all its tokens, which the caller keeps up to date.
    """

    def __init__(self, last: LastPackets) -> None:
        self._last = last
        self._pings = 0
        self._came = 0
        self._ahead = inf
        self._has_unproven = False
        self._unproven = np.zeros(0, dtype=np.bool_)
        self._was_asked = np.zeros(0, dtype=np.bool_)
        self._is_back = np.zeros(0, dtype=np.bool_)
        self._mode = np.zeros(0, dtype=np.int8)
        self._poorest = np.zeros(0, dtype=np.int8)
        self._asked_after = np.zeros(0, dtype=np.int64)
        self._came_before = np.zeros(0, dtype=np.int64)
        self._asked_at = np.zeros(0)
        self._over_at = np.zeros(0)

    def asked(self, request: Request, at: float) -> None:
        """Note a request that is about to be sent: packets of its tokens may be answers from now on.

        at: seconds of the clock that `marks` is given.
        """
        if not isinstance(request, Subscribe | SetMode):
            return
        rows = self._last.rows_of(np.array(request.tokens, dtype=np.uint32))
        self._grow()
        match request:
            case Subscribe():
                self._is_back[rows] = self._was_asked[rows] | (self._last.lengths[rows] > 0)
                self._last.lengths[rows] = 0
                self._mode[rows] = self._poorest[rows] = RANK[SERVER_DEFAULT]
            case SetMode(mode):
                is_settled = ~self._unproven[rows] | np.isfinite(self._over_at[rows])
                before = np.where(is_settled, self._mode[rows], self._poorest[rows])
                self._poorest[rows] = np.minimum(before, RANK[mode])
                self._mode[rows] = RANK[mode]
        self._unproven[rows] = self._was_asked[rows] = self._has_unproven = True
        self._asked_after[rows] = self._pings
        self._came_before[rows] = self._came
        self._asked_at[rows] = at
        self._over_at[rows] = inf

    def pinged(self, at: float) -> None:
        """Note that a ping was answered, and that what came before the answer has been read since.

        at: seconds of the clock that `marks` is given.
        """
        self._pings += 1
        if self._has_unproven:
            is_over = (self._asked_after <= self._pings - _ROUNDS) & (self._came_before < self._came)
            self._over_at[self._unproven & np.isinf(self._over_at) & is_over] = at

    def marks(self, rows: NDArray[np.intp], batch: TickBatch, at: float) -> NDArray[np.bool_] | None:
        """Return for each packet whether it may be an answer, shape (n,), bool; None where none may.

        rows: those of the packets in `last`, which does not have them yet. at: when they were received, in
        seconds of a clock that never steps.
        """
        self._came += bool(len(rows))
        if not self._has_unproven:
            return None
        self._grow()
        is_unproven = self._unproven[rows]
        if not is_unproven.any():
            return None
        if len(rows) == 1:
            return np.array([not self._is_news(int(rows[0]), batch.words[0], int(batch.lengths[0]), at)])
        marks = np.zeros(len(rows), dtype=np.bool_)
        places = np.flatnonzero(is_unproven)
        order = places[np.argsort(rows[places], kind="stable")]
        marks[order] = ~self._news(rows[order], batch.words[order], batch.lengths[order], at)
        return marks

    def _is_news(self, row: int, words: NDArray[np.int32], length: int, at: float) -> bool:
        """Return whether one packet of an unproven token is news: as `_news` says, without columns of one."""
        over_at = float(self._over_at[row])
        is_over = over_at < inf
        before, length_before = self._last.words[row], int(self._last.lengths[row])
        within = length if is_over else int(_WITHIN[self._poorest[row], length])
        time = int(words[EXCHANGE_TIME]) & _UNSIGNED if _CARRIED[length, EXCHANGE_TIME] else 0
        is_news = (is_over or not self._is_back[row]) and self._differs(
            words, before, length, length_before, within
        )
        if is_news and time and not is_over and time + _WHOLE < self._asked_at[row] + self._known_ahead:
            is_news = False
        if is_news:
            self._follow_clock(time, at)
        is_news = is_news or time >= over_at + self._ahead + _WHOLE
        if is_news and is_over:
            self._prove(np.array([row]))
        return is_news

    def _differs(
        self,
        words: NDArray[np.int32],
        before: NDArray[np.int32],
        length: int,
        length_before: int,
        within: int,
    ) -> bool:
        shared = _CARRIED[length] & _CARRIED[length_before]
        for word in _AGES:
            if shared[word] and int(words[word]) & _UNSIGNED < int(before[word]) & _UNSIGNED:
                return False
        return bool(((words != before) & shared & _CARRIED[within]).any())

    def _news(
        self, rows: NDArray[np.intp], words: NDArray[np.int32], lengths: NDArray[np.uint8], at: float
    ) -> NDArray[np.bool_]:
        """Return which packets of unproven tokens are news; they are sorted by row, and then as they came."""
        is_first = np.ones(len(rows), dtype=np.bool_)
        np.not_equal(rows[1:], rows[:-1], out=is_first[1:])
        rows_first = rows[is_first]
        lengths_before = np.empty_like(lengths)
        lengths_before[1:], lengths_before[is_first] = lengths[:-1], self._last.lengths[rows_first]
        over_at = self._over_at[rows]
        is_over = over_at < inf
        within = np.where(is_over, lengths, _WITHIN[self._poorest[rows], lengths])
        times = words[:, EXCHANGE_TIME].view(np.uint32) * _CARRIED[lengths, EXCHANGE_TIME]

        # Most differ in a word that tells by itself; only the others are looked at whole.
        few = words.take(_TELLING, axis=1)
        before = np.empty_like(few)
        before[1:], before[is_first] = few[:-1], self._last.words[rows_first].take(_TELLING, axis=1)
        shared = _CARRIED_TELLING[lengths] & _CARRIED_TELLING[lengths_before]
        is_less = few[:, _OF_AGE].view(np.uint32) < before[:, _OF_AGE].view(np.uint32)
        counts = (is_over | ~self._is_back[rows]) & ~(is_less & shared[:, _OF_AGE]).any(axis=1)
        differs = ((few != before) & shared & _CARRIED_TELLING[within]).any(axis=1)
        if len(left := np.flatnonzero(counts & ~differs)):
            before, from_last = words[left - 1], is_first[left]
            before[from_last] = self._last.words[rows[left[from_last]]]
            shared = _CARRIED[lengths[left]] & _CARRIED[lengths_before[left]] & _CARRIED[within[left]]
            differs[left] = ((words[left] != before) & shared).any(axis=1)
        differs &= counts
        too_old = (times > 0) & ~is_over & (times + _WHOLE < self._asked_at[rows] + self._known_ahead)
        differs &= ~too_old
        news: NDArray[np.bool_] = differs | (times >= over_at + self._ahead + _WHOLE)
        self._follow_clock(int(times[differs].max(initial=0)), at)

        if (proves := news & is_over).any():
            places = np.arange(len(rows))
            proven_from = np.minimum.reduceat(np.where(proves, places, len(rows)), np.flatnonzero(is_first))
            news |= places >= proven_from[np.cumsum(is_first) - 1]
            self._prove(rows[proves])
        return news

    @property
    def _known_ahead(self) -> float:
        """How far the exchange's clock is ahead, by the estimate; -inf while there is none."""
        return self._ahead if self._ahead < inf else -inf

    def _follow_clock(self, newest: int, at: float) -> None:
        """Estimate how far the exchange's clock is ahead, from the newest time of packets that are news.

        They come late, never early: the largest difference is the nearest to the truth.
        """
        if newest:
            self._ahead = max(self._known_ahead, newest - at)

    def _prove(self, rows: NDArray[np.intp]) -> None:
        self._unproven[rows] = False
        self._is_back[rows] = False
        self._has_unproven = bool(self._unproven.any())

    def _grow(self) -> None:
        """Have an entry for each row of the last packets."""
        if (more := len(self._last.lengths) - len(self._unproven)) > 0:
            self._unproven = np.pad(self._unproven, (0, more))
            self._was_asked = np.pad(self._was_asked, (0, more))
            self._is_back = np.pad(self._is_back, (0, more))
            self._mode = np.pad(self._mode, (0, more))
            self._poorest = np.pad(self._poorest, (0, more))
            self._asked_after = np.pad(self._asked_after, (0, more))
            self._came_before = np.pad(self._came_before, (0, more))
            self._asked_at = np.pad(self._asked_at, (0, more))
            self._over_at = np.pad(self._over_at, (0, more), constant_values=inf)
