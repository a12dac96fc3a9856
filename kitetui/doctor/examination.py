"""All that is looked at, in the order in which it is shown."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from kitetui.account import DEFAULT, Vault, endpoint_named
from kitetui.doctor.checks import LIMIT, Check, Finding, Result, Topic, in_thread, run_checks
from kitetui.doctor.kite import kept_list
from kitetui.doctor.machine import Terminal, characters, colours, folder, market_hours, room, size, versions
from kitetui.doctor.network import Instruments, Profiles, Remote
from kitetui.paths import cache_folder, config_folder, data_folder, log_folder, sessions_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What is to be looked at, and with what.

    terminal: what the program's output goes to.
    account, endpoint: the account's name, and that of another service than its own.
    profiles: gives the service of a name. instruments: gives what is known of a service's list.
    limit: seconds that each look may take.
    now: this machine's clock, in UTC seconds.
    """

    terminal: Terminal
    account: str = DEFAULT
    endpoint: str | None = None
    vault: Vault = field(default_factory=Vault)
    profiles: Profiles = endpoint_named
    instruments: Instruments = kept_list
    limit: float = LIMIT
    now: Callable[[], float] = time.time

    async def run(self) -> list[Result]:
        """Look at everything at once; what cannot be looked at is a finding too.

        Raises UserError for a name of an account or a service that there cannot be.
        """
        # A wrong name is a wrong command, and not something that was found.
        self.vault.signature(self.account)
        if self.endpoint is not None:
            self.profiles(self.endpoint)
        remote = Remote(
            self.vault, self.account, self.endpoint, self.profiles, self.instruments, self.limit, self.now
        )
        order = list(Topic)
        checks = [*remote.checks(), *self._local()]
        return await run_checks(sorted(checks, key=lambda each: order.index(each.group)))

    def _local(self) -> list[Check]:
        looks: dict[str, Callable[[], Finding]] = {
            "terminal": lambda: size(self.terminal),
            "colours": lambda: colours(self.terminal),
            "characters": lambda: characters(self.terminal),
            "configuration": lambda: folder(config_folder()),
            "data": lambda: folder(data_folder()),
            "cache": lambda: folder(cache_folder()),
            "log": lambda: folder(log_folder()),
            "room": room,
            "versions": versions,
        }
        return [
            Check(
                Topic.KITE, "market hours", self._in_thread(lambda: market_hours(sessions_file(), self.now()))
            ),
            *(Check(Topic.MACHINE, name, self._in_thread(look)) for name, look in looks.items()),
        ]

    def _in_thread(self, look: Callable[[], Finding]) -> Callable[[], Awaitable[Finding]]:
        # Folders may be on a network, and a network may hang.
        return lambda: in_thread(look, self.limit)
