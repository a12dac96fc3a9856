"""The one screen that is always there: what it shows is in `view`, what its keys do beside it."""

from kitetui.tui.commands import ON_MONITOR, bindings_of
from kitetui.tui.screens.monitor.moving import Moving
from kitetui.tui.screens.monitor.panes import ShowingPanes
from kitetui.tui.screens.monitor.program import Program
from kitetui.tui.screens.monitor.symbols import Symbols
from kitetui.tui.screens.monitor.timing import Timing
from kitetui.tui.screens.monitor.view import DRAWS_A_SECOND, MonitorView
from kitetui.tui.screens.monitor.viewing import Viewing

__all__ = ["DRAWS_A_SECOND", "MonitorScreen", "MonitorView"]


class MonitorScreen(Moving, Symbols, Viewing, Timing, ShowingPanes, Program):
    """Watchlist, quote, depth, chart, connections and log, with the state above and the keys below."""

    BINDINGS = bindings_of(*ON_MONITOR)
