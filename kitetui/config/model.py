"""What a user can set, with what holds where nothing is set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from kitetui.account import DEFAULT, EndpointProfile
from kitetui.formatting import Units
from kitetui.wire import Mode

MAX_GROUPS: Final = 9
"""Groups have the keys 1 to 9."""

MAX_GROUP_NAME: Final = 20
"""Characters of a group's name; nine of them share one line of the screen."""

SYMBOL: Final = "SYMBOL"
"""The column that is always there, and first."""

LIST_ORDER: Final = "list"
"""The sort that leaves a group in the order of its list."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A symbol of a group, as the user wrote it; `mode` is None where the feed's own holds."""

    symbol: str
    mode: Mode | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A named watchlist."""

    name: str
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Sort:
    """The column that a watchlist is sorted by."""

    column: str
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSettings:
    """How much is streamed of each symbol, over how many of the key's three connections, and from where.

    account: the name of the login. endpoint: the name of the service, empty for that of the login.
    """

    mode: Mode = Mode.FULL
    connections: int = 3
    account: str = DEFAULT
    endpoint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole configuration.

    columns: those behind the symbol, in order; empty is the program's own choice.
    sort: None is the order of the list.
    endpoints: services of the user's own.
    keys: the keys of each command that has other than its own, by the command's id; none switches it off.
    """

    theme: str = "kitetui-dark"
    units: Units = Units.INDIAN
    flash: bool = True
    bell: bool = False
    columns: tuple[str, ...] = ()
    sort: Sort | None = None
    feed: FeedSettings = field(default_factory=FeedSettings)
    endpoints: tuple[EndpointProfile, ...] = ()
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    groups: tuple[Group, ...] = ()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The names that a configuration may use: columns, without the symbol's, and ids of commands."""

    columns: tuple[str, ...]
    commands: tuple[str, ...]
