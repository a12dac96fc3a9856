"""What a recording asks for follows the list of the day, and so do the names of what it gets."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from tempfile import mkdtemp

from kitetui.cli.wanted import Wanted, choose_instruments
from kitetui.feed import KiteManagerConfig, KiteTickerManager
from kitetui.instruments import Universe
from kitetui.paths import config_folder
from kitetui.record import NameOf
from kitetui.wire import Exchange, Mode
from tests.instruments.helpers import Line, future, share, universe_of

YESTERDAY, TODAY = date(2026, 11, 24), date(2026, 11, 25)
NOVEMBER, DECEMBER, JANUARY = date(2026, 11, 24), date(2026, 12, 29), date(2027, 1, 26)
NIFTY_NOV, NIFTY_DEC, NIFTY_JAN = (future("NIFTY", day) for day in (NOVEMBER, DECEMBER, JANUARY))
INFY, TCS = share("INFY"), share("TCS")


def token(line: Line) -> int:
    return int(str(line[0]))


def reused(line: Line, by: Line) -> Line:
    """Another instrument under the token of one."""
    return (line[0], *by[1:])


class Recorded:
    """A recording without its files: what it subscribes, how it names, and whether a name has changed."""

    def __init__(self, folder: Path, symbols: str, *lines: Line, most: int = 3000) -> None:
        self._folder = folder
        self.manager = KiteTickerManager(
            config=KiteManagerConfig(max_connections=1, max_symbols_per_connection=most)
        )
        chosen = choose_instruments([symbols], self._universe(YESTERDAY, lines), 9000)
        self.wanted = Wanted([symbols], chosen.instruments, chosen.left_out)
        self.name_of: NameOf = self.wanted.name_of
        self.renamed = False

    async def follow(self, *lines: Line) -> list[str]:
        """Give it the list of another day; return what it says."""
        if not self.names:
            await self.manager.subscribe_symbols(self.wanted.tokens, Mode.QUOTE)
        return await self.wanted.follow(self._universe(TODAY, lines), self.manager, Mode.QUOTE, self._rename)

    @property
    def names(self) -> list[str]:
        """The names of what is subscribed."""
        wanted = [each for each in self.wanted.tokens if self.manager.connection_of(each) is not None]
        return [symbol for _, symbol in filter(None, map(self.name_of, wanted))]

    def _universe(self, day: date, lines: Iterable[Line]) -> Universe:
        folder = Path(mkdtemp(dir=self._folder))
        return universe_of(folder, lines).tradable_on(day)

    def _rename(self, name_of: NameOf, *, renamed: bool) -> None:
        self.name_of, self.renamed = name_of, renamed


async def test_a_pattern_gets_new_contracts_and_leaves_those_that_are_gone(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path, "NFO:NIFTY*", NIFTY_NOV, NIFTY_DEC, INFY)
    said = await recorded.follow(NIFTY_DEC, NIFTY_JAN, INFY)
    assert recorded.names == ["NIFTY26DECFUT", "NIFTY27JANFUT"]
    assert said == ["1 new (NFO:NIFTY27JANFUT), 1 gone (NFO:NIFTY26NOVFUT); now 2 symbols"]
    assert recorded.manager.mode_of(token(NIFTY_JAN)) is Mode.QUOTE
    assert recorded.manager.connection_of(token(NIFTY_NOV)) is None
    assert not recorded.renamed


async def test_a_contract_that_has_expired_is_gone_though_the_list_still_has_it(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path, "NFO:NIFTY*", NIFTY_NOV, NIFTY_DEC)
    assert await recorded.follow(NIFTY_NOV, NIFTY_DEC) == ["1 gone (NFO:NIFTY26NOVFUT); now 1 symbols"]


async def test_a_set_and_a_watchlist_follow_too(tmp_path: Path) -> None:
    sets = config_folder() / "sets"
    sets.mkdir(parents=True)
    (sets / "mine.txt").write_text("NFO:NIFTY*\n")
    recorded = Recorded(tmp_path, "@mine", NIFTY_DEC)
    await recorded.follow(NIFTY_DEC, NIFTY_JAN)
    assert recorded.names == ["NIFTY26DECFUT", "NIFTY27JANFUT"]
    recorded = Recorded(tmp_path, "", INFY)
    await recorded.follow(INFY, TCS)
    assert recorded.names == ["INFY", "TCS"]


async def test_the_same_list_changes_nothing(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path, "NSE:*", INFY, TCS)
    assert await recorded.follow(INFY, TCS) == ["the same 2 symbols"]
    assert not recorded.renamed


async def test_a_name_that_nobody_knows_any_more_is_left_out_and_said_once(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path, "NFO:NIFTY26NOVFUT,INFY,TCS", NIFTY_NOV, INFY, TCS)
    assert await recorded.follow(NIFTY_DEC, INFY) == [
        "no NFO:NIFTY26NOVFUT; did you mean NFO:NIFTY26DECFUT? Nor are these known: 'TCS'",
        "2 gone (NFO:NIFTY26NOVFUT, NSE:TCS); now 1 symbols",
    ]
    assert await recorded.follow(NIFTY_DEC, INFY) == ["the same 1 symbols"]
    assert recorded.names == ["INFY"]


async def test_a_name_that_is_known_again_is_asked_for_again(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path, "INFY,TCS", INFY, TCS)
    await recorded.follow(INFY)
    assert await recorded.follow(INFY, TCS) == ["1 new (NSE:TCS); now 2 symbols"]
    assert recorded.names == ["INFY", "TCS"]


async def test_a_token_that_is_anothers_now_has_that_name(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path, "NFO:NIFTY*", NIFTY_NOV, NIFTY_DEC)
    said = await recorded.follow(NIFTY_DEC, reused(NIFTY_NOV, NIFTY_JAN))
    assert recorded.name_of(token(NIFTY_NOV)) == ("NFO", "NIFTY27JANFUT")
    assert recorded.renamed
    assert said == ["1 new (NFO:NIFTY27JANFUT), 1 gone (NFO:NIFTY26NOVFUT); now 2 symbols"]
    assert len(recorded.names) == 2


async def test_what_still_comes_of_a_token_that_is_left_has_the_name_of_the_new_list(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path, "NFO:NIFTY*", NIFTY_NOV, NIFTY_DEC)
    await recorded.follow(NIFTY_DEC)
    assert recorded.name_of(token(NIFTY_NOV)) == ("NFO", "NIFTY26NOVFUT")
    recorded = Recorded(tmp_path, "NFO:NIFTY*", NIFTY_NOV, NIFTY_DEC)
    await recorded.follow(NIFTY_DEC, reused(NIFTY_NOV, future("TCS", DECEMBER)))
    assert recorded.name_of(token(NIFTY_NOV)) == ("NFO", "TCS26DECFUT")


async def test_a_token_that_comes_back_as_anothers_after_days_is_renamed(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path, "NFO:NIFTY*", NIFTY_NOV, NIFTY_DEC)
    await recorded.follow(NIFTY_DEC)
    assert not recorded.renamed
    await recorded.follow(NIFTY_DEC, reused(NIFTY_NOV, NIFTY_JAN))
    assert recorded.renamed
    assert recorded.names == ["NIFTY26DECFUT", "NIFTY27JANFUT"]


async def test_what_fits_goes_on_and_the_rest_is_said(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path, "NSE:*", INFY, most=3)
    said = await recorded.follow(INFY, *(share(f"S{number}") for number in range(7)))
    assert said == [
        "5 are left out: the connections carry no more (NSE:S2, NSE:S3, NSE:S4 and more)",
        "2 new (NSE:S0, NSE:S1); now 3 symbols",
    ]
    assert recorded.names == ["INFY", "S0", "S1"]
    said = await recorded.follow(share("S0"), share("S6"))
    assert said == ["1 new (NSE:S6), 2 gone (NSE:INFY, NSE:S1); now 2 symbols"]


async def test_what_was_said_at_the_start_is_not_said_again(tmp_path: Path) -> None:
    sets = config_folder() / "sets"
    sets.mkdir(parents=True)
    (sets / "mine.txt").write_text("NSE:INFY\nNSE:NOBODY\n")
    recorded = Recorded(tmp_path, "@mine", INFY)
    assert await recorded.follow(INFY) == ["the same 1 symbols"]


async def test_the_hours_are_those_of_what_is_recorded_now(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path, "INFY*", INFY)
    assert recorded.wanted.segments == {Exchange.NSE}
    await recorded.follow(share("INFY", exchange="BSE"))
    assert recorded.wanted.segments == {Exchange.BSE}
    await recorded.follow(TCS)
    assert recorded.wanted.segments == set()
