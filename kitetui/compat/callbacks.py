"""Hands what happened to the client, one thing after the other, in the thread that calls `run`."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from kitetui.compat.inbox import NO_CODE, Call, ConnectionResponse, Frame, Inbox
from kitetui.compat.surface import Socket

if TYPE_CHECKING:
    from kitetui.compat.ticker import KiteTicker

log = logging.getLogger("kitetui.compat")


class Callbacks:
    """The calls of a client: its methods `_on_…`, looked up anew each time, which call the program back."""

    def __init__(self, client: KiteTicker, inbox: Inbox) -> None:
        self._client = client
        self._inbox = inbox
        self._is_loss_told = False

    def run(self) -> None:
        """Call until the inbox is closed; what a method raises goes to the log and to `on_error`."""
        client = self._client
        while (event := self._inbox.take()) is not None:
            self._tell_of_loss()
            match event:
                case Frame(data, snapshot):
                    client._frame, client._snapshot = data, snapshot
                    self._call("_on_message", client.ws, data, True)
                    client._frame, client._snapshot = None, ()
                case Call("on_order_update", arguments):
                    client._call("on_order_update", *arguments)
                case Call("on_connect", (ConnectionResponse() as response,)):
                    self._call("_on_connect", Socket(client, response.peer), response)
                case Call("on_reconnect" | "on_noreconnect" as name, arguments):
                    self._call(f"_{name}", *arguments)
                case Call(name, arguments):
                    self._call(f"_{name}", client.ws, *arguments)

    def _call(self, name: str, *arguments: Any) -> None:
        try:
            getattr(self._client, name)(*arguments)
        except Exception as error:
            self._client._failed(name, error)

    def _tell_of_loss(self) -> None:
        if self._inbox.lost and not self._is_loss_told:
            self._is_loss_told = True
            told = "the callbacks are too slow: the oldest messages are lost, see lost_messages"
            log.warning(told)
            self._call("_on_error", self._client.ws, NO_CODE, told)
