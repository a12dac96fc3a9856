"""Keys that change what is watched: add, remove, undo, mode, marks."""

from __future__ import annotations

from collections.abc import Sequence

from kitetui.config import MAX_GROUP_NAME
from kitetui.formatting import group
from kitetui.instruments import Instrument
from kitetui.tui.events import Notice
from kitetui.tui.screens.add import AddScreen
from kitetui.tui.screens.monitor.view import MonitorView
from kitetui.tui.screens.prompt import PromptScreen


class Symbols(MonitorView):
    """The commands of `Context.SYMBOLS`."""

    async def action_add(self) -> None:
        """Open the dialog that adds symbols."""
        await self.app.push_screen(AddScreen(self.monitor, self.desk.universe(), self._list_changed))

    async def action_remove(self) -> None:
        """Remove what is marked or selected."""
        removed = await self.monitor.remove_chosen()
        if removed:
            self._list_changed()
            self.monitor.tell(Notice(f"{_named(removed)} removed, u brings back"))

    async def action_undo(self) -> None:
        """Bring back what was removed last."""
        try:
            returned = await self.monitor.undo_removal()
        except ValueError as refusal:
            self.monitor.tell(Notice.refusal(refusal))
            return
        if not returned:
            self.monitor.tell(Notice("nothing to bring back"))
            return
        self._list_changed()

    async def action_successors(self) -> None:
        """Watch what came after symbols that are not traded any more."""
        try:
            successors = await self.monitor.take_successors()
        except ValueError as refusal:
            self.monitor.tell(Notice.refusal(refusal))
            return
        if not successors:
            self.monitor.tell(Notice("no symbol here has a successor"))
            return
        self.monitor.tell(Notice(f"{_named(successors)} watched in place of what is gone"))
        self._list_changed()

    async def action_mode(self) -> None:
        """Stream what is marked or selected in the next mode."""
        await self.monitor.cycle_mode()
        self.draw()
        self._keep_lists()

    def action_mark(self) -> None:
        """Mark the symbol or take its mark away, and go on to the next."""
        watchlist = self.monitor.watchlist
        watchlist.toggle_mark()
        watchlist.move(watchlist.cursor + 1)
        self.table.show_cursor()
        self.draw_selected()

    def action_copy(self) -> None:
        """Copy the names of what is marked or selected, as -s takes them."""
        chosen = self.monitor.watchlist.chosen
        if chosen:
            self.app.copy_to_clipboard(",".join(each.key for each in chosen))
            self.monitor.tell(Notice(f"{_named(chosen)} copied"))

    async def action_rename_group(self) -> None:
        """Give the group another name."""
        watchlist = self.monitor.watchlist
        taken = {each.name for each in self.monitor.groups.lists if each is not watchlist}

        def typed(text: str) -> str:
            name = text.strip()
            if not name or not name.isprintable():
                return "a name is needed"
            return "another group has this name" if name in taken else ""

        def done(text: str | None) -> None:
            if text is not None:
                watchlist.name = text.strip()
                self._list_changed()

        prompt = PromptScreen("Name of the group", typed, value=watchlist.name, longest=MAX_GROUP_NAME)
        await self.app.push_screen(prompt, done)

    def _list_changed(self) -> None:
        self.show_list()
        self._keep_lists()

    def _keep_lists(self) -> None:
        monitor = self.monitor
        self.run_worker(self.desk.settings.keep_groups(monitor.groups.lists, monitor.modes), group="keep")


def _named(instruments: Sequence[Instrument]) -> str:
    return instruments[0].key if len(instruments) == 1 else f"{group(len(instruments))} symbols"
