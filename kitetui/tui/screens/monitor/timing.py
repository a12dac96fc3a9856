"""Keys that hold time: the display that stands still, and the pace of a replay."""

from __future__ import annotations

from typing import Final

from kitetui.tui.events import Notice
from kitetui.tui.screens.monitor.view import MonitorView
from kitetui.tui.transport import Transport, pace_text

_FOR_REPLAYS: Final = "this key is for a replay; kitetui replay FILE plays a recording"
_AT_ITS_END: Final = "the recording is at its end; q leaves"


class Timing(MonitorView):
    """The commands of `Context.TIME`."""

    def action_freeze(self) -> None:
        """Hold the display still, or let it go on; of a replay, the time itself."""
        rows = self.monitor.rows
        if self.monitor.replay is not None:
            if (replay := self._under_way()) is not None:
                replay.toggle()
        elif rows.held_at is None:
            rows.hold()
        else:
            rows.release()
        self.draw_selected()

    def action_step(self) -> None:
        """Play the next message of a replay; one that runs is paused."""
        if (replay := self._under_way()) is None:
            return
        if not replay.is_paused:
            replay.toggle()
        replay.step()
        self.draw()

    def action_slower(self) -> None:
        """Play a replay slower."""
        if (replay := self._under_way()) is not None:
            replay.slower()
            self._show_pace(replay)

    def action_faster(self) -> None:
        """Play a replay faster."""
        if (replay := self._under_way()) is not None:
            replay.faster()
            self._show_pace(replay)

    def _under_way(self) -> Transport | None:
        """Return the replay; where there is none, or none any more, say so."""
        replay = self.monitor.replay
        if replay is not None and not replay.is_ended:
            return replay
        self.monitor.tell(Notice(_FOR_REPLAYS if replay is None else _AT_ITS_END))
        return None

    def _show_pace(self, replay: Transport) -> None:
        if replay.is_paused:  # where the first line has the pace, it says PAUSED
            self.monitor.tell(Notice(f"it will go on at {pace_text(replay)}"))
        self.draw()
