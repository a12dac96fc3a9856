"""Hands what happened to the callbacks, one after the other, in the thread that calls `run`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final

from kitetui.compat.inbox import NO_CODE, Call, CallbackName, Frame, Inbox
from kitetui.wire import decode_frame

log = logging.getLogger("kitetui.compat")

_LONGEST_HEARTBEAT: Final = 4
"""Bytes; the official client looks for ticks in longer messages alone."""


class Callbacks:
    """The callbacks of a client: its attributes of those names, looked up anew each time."""

    def __init__(self, client: object, inbox: Inbox) -> None:
        self._client = client
        self._inbox = inbox
        self._is_loss_told = False

    def run(self) -> None:
        """Call until the inbox is closed; what a callback raises goes to the log and to `on_error`."""
        while (event := self._inbox.take()) is not None:
            self._tell_of_loss()
            match event:
                case Frame(data, snapshot):
                    self._take_frame(data, snapshot)
                case Call(name, arguments):
                    self._call(name, *arguments)

    def _take_frame(self, data: bytes, snapshot: tuple[int, ...]) -> None:
        self._call("on_message", data, True)
        # Made only for those who listen: dictionaries are most of the work.
        if len(data) > _LONGEST_HEARTBEAT and self._callback("on_ticks") is not None:
            batch = decode_frame(data)
            for error in batch.errors:
                log.warning("a packet was passed over: %s", error.reason)
            ticks = batch.to_dicts()
            for place, tick in enumerate(ticks):
                tick["snapshot"] = place in snapshot
            self._call("on_ticks", ticks)

    def _call(self, name: CallbackName, *arguments: object) -> None:
        callback = self._callback(name)
        if callback is None:
            return
        try:
            callback(self._client, *arguments)
        except Exception as error:
            log.exception("%s failed", name)
            if name != "on_error":
                self._call("on_error", NO_CODE, f"{name} failed: {type(error).__name__}: {error}")

    def _callback(self, name: CallbackName) -> Callable[..., Any] | None:
        callback: Callable[..., Any] | None = getattr(self._client, name)
        return callback

    def _tell_of_loss(self) -> None:
        if self._inbox.lost and not self._is_loss_told:
            self._is_loss_told = True
            told = "the callbacks are too slow: the oldest messages are lost, see lost_messages"
            log.warning(told)
            self._call("on_error", NO_CODE, told)
