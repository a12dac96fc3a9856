"""Every field of the configuration, once: its name, what it is for, and the kind of its values.

The check, the commented file that a user begins with, and every change to it are made from this table,
so that none of them can know a field that another does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any, Final

from kitetui.account import ENDPOINTS
from kitetui.config import kinds
from kitetui.config.kinds import ValueKind, account, endpoint, endpoints, groups
from kitetui.config.model import MAX_GROUP_NAME, MAX_GROUPS, Config
from kitetui.config.problems import one_of, shown
from kitetui.formatting import Units
from kitetui.wire import Mode


@dataclass(frozen=True, slots=True)
class ConfigField:
    """One field.

    path: its place in the file, and the attribute of `Config` with the same names. about: what the file
    says of it; `{columns}` and `{commands}` stand for the names that there are. kind: its values.
    example: TOML to show in place of the default. table: the table that the example or default stands in.
    """

    path: tuple[str, ...]
    about: str
    kind: ValueKind
    table: str = ""
    example: str = ""

    @property
    def name(self) -> str:
        """The name for people: `feed.mode`."""
        return ".".join(self.path)

    def shown(self, config: Config) -> Any:
        """Return the field's value as the file has it."""
        return self.kind.show(reduce(getattr, self.path, config))


_SHIPPED: Final = one_of([shown(each.name) for each in ENDPOINTS], "and")
_MODES: Final = one_of([shown(str(mode)) for mode in Mode])

FIELDS: Final = (
    ConfigField(
        ("theme",),
        "The theme's name. Themes of your own belong into the folder themes beside this file.",
        kinds.text(),
    ),
    ConfigField(
        ("units",),
        'How large quantities are written: "indian" is 12.40L and 1.24Cr, "western" 1.24M.',
        kinds.choice(Units),
    ),
    ConfigField(
        ("flash",), "Whether the digits of a price that changes light up for a moment.", kinds.flag()
    ),
    ConfigField(("bell",), "Whether the terminal's bell rings when the feed is lost.", kinds.flag()),
    ConfigField(
        ("columns",),
        "The columns of the watchlist behind SYMBOL, in order; an empty list is the program's own choice. "
        "There are {columns}.",
        kinds.columns(),
    ),
    ConfigField(
        ("sort",),
        'The column to sort by, with a minus for the largest first, such as "-CHG%"; '
        '"list" is the order of the list.',
        kinds.sort(),
    ),
    ConfigField(
        ("feed", "mode"),
        f"How much to stream of each symbol: {_MODES}. Only full has the order book.",
        kinds.choice(Mode),
        table="feed",
    ),
    ConfigField(
        ("feed", "connections"),
        "Connections to use, of the three that an API key has; fewer leave room for other programs.",
        kinds.whole(1, 3),
        table="feed",
    ),
    ConfigField(
        ("feed", "account"),
        "The account to log in to and to stream with, where none is named on the command line.",
        account(),
        table="feed",
    ),
    ConfigField(
        ("feed", "endpoint"),
        f"The service: {_SHIPPED} are known, and those described below; empty is the one that the account "
        "is logged in at.",
        endpoint(),
        table="feed",
    ),
    ConfigField(
        ("endpoints",),
        "Services of your own that speak as Kite does: the roots of REST and socket, the login page, what "
        "stands before the routes, and whether the socket wants the user's id.",
        endpoints(),
        example="""\
[endpoints.mine]
rest = "https://sandbox.kite.trade"
login = "https://sandbox.kite.trade/connect/login"
socket = "wss://ws-sandbox.kite.trade/"
prefix = "/oms"
sends_user_id = true""",
    ),
    ConfigField(
        ("keys",),
        "Other keys for a command: one, or a list; an empty list switches its keys off. "
        "The commands are {commands}.",
        kinds.keys(),
        table="keys",
        example='add = ["a", "insert"]',
    ),
    ConfigField(
        ("groups",),
        f"Watchlists, at most {MAX_GROUPS}, each with a name of its own of at most {MAX_GROUP_NAME} "
        "characters. A symbol may have a mode of its own.",
        groups(),
        example='[[groups]]\nname = "Core"\nsymbols = ["NSE:INFY", { symbol = "NSE:TCS", mode = "quote" }]',
    ),
)
"""Every field, in the order of the file."""
