"""Whether a packet is news or may be the server's answer to a request: decided here, and nowhere else.

Kite answers `subscribe` with the packet it kept, which can be days old, and may answer `mode` in the same
way. An answer looks like any other packet and is acknowledged by nothing. So after a request a token is
*unproven*, and its packets carry the mark `snapshot` until one proves that it is news. What each consumer
shows or stores follows from that mark.

A packet of an unproven token is news if

- it differs, in a field that both carry, from the packet of this token before it. While a token is
  subscribed, every change of a field in its mode is streamed, so an answer repeats the packet before it; and
  where the server joins an answer with a change, the packet is news. What goes back in time (an older
  exchange time, a smaller volume) is no news.
- its exchange time is later than the moment by which the answer had come. The exchange's clock is estimated
  from the packets that were proven by a difference, against a clock that never steps, so the time of day of
  this machine does not matter.

The token is *proven*, and no packet of it is marked, from the first news on that comes when no answer can be
on its way any more: `_ROUNDS` pings after the request. Until then each packet must prove itself.

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
- A clock of this machine that is minutes off, or steps, changes nothing.
- Packets may repeat each other when only the book moved. Once a token is proven they carry no mark.
"""

from __future__ import annotations

from math import inf
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kitetui.feed.lastpackets import LastPackets
from kitetui.feed.subscriptions import SERVER_DEFAULT
from kitetui.wire import Mode, Request, SetMode, Subscribe, TickBatch
from kitetui.wire.fields import FIELDS
from kitetui.wire.layout import EXCHANGE_TIME, FULL, INDEX_FULL, INDEX_QUOTE, LTP, QUOTE, VOLUME, WORDS

_ROUNDS: Final = 2
"""Pings after which no answer is on its way; the first may have left before the request."""

_WHOLE: Final = 1.0
"""Seconds that an exchange time, which has no fraction, may lie before its packet."""
_CARRIED: Final = np.zeros((FULL + 1, WORDS), dtype=np.bool_)
"""Which words of a row a packet carries, by its length; a length of 0 stands for no packet."""

for _field in FIELDS.values():
    _CARRIED[list(_field.lengths), _field.word] = True

_RANK: Final = {Mode.LTP: 0, Mode.QUOTE: 1, Mode.FULL: 2}
"""The modes, the poorest first."""

_WITHIN: Final = np.tile(np.arange(FULL + 1), (len(_RANK), 1))
"""By mode and the length of a packet: the length of what of it that mode has."""

_WITHIN[0, 1:] = LTP
_WITHIN[1, [FULL, INDEX_FULL]] = QUOTE, INDEX_QUOTE


class Freshness:
    """Which tokens of one session are unproven.

    last: the last packets of all its tokens, which the caller keeps up to date.
    """

    def __init__(self, last: LastPackets) -> None:
        self._last = last
        self._pings = 0
        self._ahead = inf
        self._has_unproven = False
        self._unproven = np.zeros(0, dtype=np.bool_)
        self._was_asked = np.zeros(0, dtype=np.bool_)
        self._is_back = np.zeros(0, dtype=np.bool_)
        self._mode = np.zeros(0, dtype=np.int8)
        self._poorest = np.zeros(0, dtype=np.int8)
        self._asked_at = np.zeros(0, dtype=np.int64)
        self._over_at = np.zeros(0)

    def asked(self, request: Request) -> None:
        """Note a request that is about to be sent: packets of its tokens may be answers from now on."""
        if not isinstance(request, Subscribe | SetMode):
            return
        rows = self._last.rows_of(np.array(request.tokens, dtype=np.uint32))
        self._grow()
        match request:
            case Subscribe():
                self._is_back[rows] = self._was_asked[rows] | (self._last.lengths[rows] > 0)
                self._last.lengths[rows] = 0
                self._mode[rows] = self._poorest[rows] = _RANK[SERVER_DEFAULT]
            case SetMode(mode):
                is_settled = ~self._unproven[rows] | np.isfinite(self._over_at[rows])
                before = np.where(is_settled, self._mode[rows], self._poorest[rows])
                self._poorest[rows] = np.minimum(before, _RANK[mode])
                self._mode[rows] = _RANK[mode]
        self._unproven[rows] = self._was_asked[rows] = self._has_unproven = True
        self._asked_at[rows] = self._pings
        self._over_at[rows] = inf

    def pinged(self, at: float) -> None:
        """Note that a ping was answered, and that what came before the answer has been read since.

        at: seconds of the clock that `marks` is given.
        """
        self._pings += 1
        if self._has_unproven:
            is_due = self._unproven & np.isinf(self._over_at) & (self._asked_at <= self._pings - _ROUNDS)
            self._over_at[is_due] = at

    def marks(self, rows: NDArray[np.intp], batch: TickBatch, at: float) -> NDArray[np.bool_] | None:
        """Return for each packet whether it may be an answer, shape (n,), bool; None where none may.

        rows: those of the packets in `last`, which does not have them yet. at: when they were received, in
        seconds of a clock that never steps.
        """
        if not self._has_unproven:
            return None
        self._grow()
        is_unproven = self._unproven[rows]
        if not is_unproven.any():
            return None
        marks = np.zeros(len(rows), dtype=np.bool_)
        places = np.flatnonzero(is_unproven)
        order = places[np.argsort(rows[places], kind="stable")]
        marks[order] = ~self._news(rows[order], batch.words[order], batch.lengths[order], at)
        return marks

    def _news(
        self, rows: NDArray[np.intp], words: NDArray[np.int32], lengths: NDArray[np.uint8], at: float
    ) -> NDArray[np.bool_]:
        """Return which packets of unproven tokens are news; they are sorted by row, and then as they came."""
        is_first: NDArray[np.bool_] = np.append(True, rows[1:] != rows[:-1])
        firsts = np.flatnonzero(is_first)
        before, lengths_before = np.roll(words, 1, axis=0), np.roll(lengths, 1)
        before[firsts] = self._last.words[rows[firsts]]
        lengths_before[firsts] = self._last.lengths[rows[firsts]]
        is_over: NDArray[np.bool_] = np.isfinite(self._over_at[rows])
        within = np.where(is_over, lengths, _WITHIN[self._poorest[rows], lengths])
        shared = _CARRIED[lengths] & _CARRIED[lengths_before]

        counts = (is_over | ~self._is_back[rows]) & ~_goes_back(words, before, shared)
        differs = ((words != before) & shared & _CARRIED[within]).any(axis=1) & counts
        times = words[:, EXCHANGE_TIME].view(np.uint32) * _CARRIED[lengths, EXCHANGE_TIME]
        news: NDArray[np.bool_] = differs | (times >= self._over_at[rows] + self._ahead + _WHOLE)
        self._follow_clock(times[differs], at)

        if (proves := news & is_over).any():
            places = np.arange(len(rows))
            proven_from = np.minimum.reduceat(np.where(proves, places, len(rows)), firsts)
            news |= places >= proven_from[np.cumsum(is_first) - 1]
            self._prove(rows[proves])
        return news

    def _follow_clock(self, times: NDArray[np.uint32], at: float) -> None:
        """Estimate how far the exchange's clock is ahead, from the times of packets that are news.

        They come late, never early: the largest difference is the nearest to the truth.
        """
        if newest := int(times.max(initial=0)):
            ahead = newest - at
            self._ahead = ahead if self._ahead == inf else max(self._ahead, ahead)

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
            self._asked_at = np.pad(self._asked_at, (0, more))
            self._over_at = np.pad(self._over_at, (0, more), constant_values=inf)


def _goes_back(
    words: NDArray[np.int32], before: NDArray[np.int32], shared: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return which packets are older than the one before: the server may send what it kept after news."""
    ages = [EXCHANGE_TIME, VOLUME]
    is_less = words[:, ages].view(np.uint32) < before[:, ages].view(np.uint32)
    is_older: NDArray[np.bool_] = np.any(is_less & shared[:, ages], axis=1)
    return is_older
