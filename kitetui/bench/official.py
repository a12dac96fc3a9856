"""Kite's official Python client, where it is installed: the rival of every figure here."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

ABSENT: Final = (
    "Kite's official Python client is not installed, so nothing is compared with it: pip install kiteconnect"
)


def is_installed() -> bool:
    """Whether there is something to compare with."""
    return find_spec("kiteconnect") is not None


def ticker(root: str | None = None) -> Any:
    """Return one of its clients, which has not connected yet."""
    # The pair opens nothing: it is the word that its constructor asks for.
    return import_module("kiteconnect").KiteTicker("bench", "bench", root=root, reconnect=False)


def parser() -> Callable[[bytes], list[dict[str, Any]]] | None:
    """Return its function from a binary message to dictionaries, None where it is not installed."""
    if not is_installed():
        return None
    # It has no public name; its own socket calls it for every message.
    parse: Callable[[bytes], list[dict[str, Any]]] = ticker()._parse_binary
    return parse
