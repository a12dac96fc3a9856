"""Past lists: what was kept of each day comes back as it was, in one small file a month."""

from __future__ import annotations

import gzip
import random
from datetime import date, datetime
from pathlib import Path

import pytest

from kitetui.errors import UserError
from kitetui.instruments import Universe
from kitetui.instruments.archive import Archive, list_day
from kitetui.instruments.instrument import ListRow
from kitetui.times import IST
from tests.market.moments import at


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """An archive that is not there yet."""
    return Archive(tmp_path / "lists", "kite")


def row(token: int, symbol: str, expiry: str | None = None, *, lot: int = 1, price: int = 0) -> ListRow:
    return token, "NFO", symbol, f'THE "{symbol}", LTD', "FUT", expiry, None, 5, lot, price, 1


def morning(day: int, month: int = 11) -> float:
    return datetime(2026, month, day, 9, 0, tzinfo=IST).timestamp()


def listed(archive: Archive, day: int, month: int = 11) -> set[ListRow] | None:
    kept = archive.on(date(2026, month, day))
    return None if kept is None else set(kept.rows)


def files(archive: Archive) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in archive._folder.iterdir()}


ONE, TWO, THREE = row(257, "ONE"), row(513, "TWO", "2026-11-24"), row(769, "THREE", "2026-12-29")


def test_each_day_comes_back_as_it_was(archive: Archive) -> None:
    archive.keep([ONE, TWO], morning(23))
    archive.keep([ONE, THREE], morning(25))
    assert listed(archive, 22) is None
    assert [listed(archive, day) for day in (23, 24)] == [{ONE, TWO}] * 2
    assert [listed(archive, day) for day in (25, 30)] == [{ONE, THREE}] * 2
    assert listed(archive, 31, month=12) == {ONE, THREE}
    kept = archive.on(date(2026, 11, 24))
    assert kept is not None
    assert kept.day == date(2026, 11, 23)


def test_a_token_that_is_used_again_means_what_it_meant_on_the_day(archive: Archive) -> None:
    again = row(TWO[0], "ANOTHER", "2027-01-28")
    archive.keep([TWO], morning(23))
    archive.keep([again], morning(25))
    assert listed(archive, 24) == {TWO}
    assert listed(archive, 25) == {again}


def test_only_what_has_changed_takes_room(archive: Archive) -> None:
    many = [row(number << 8 | 2, f"CONTRACT{number}", "2026-12-29") for number in range(1, 5001)]
    archive.keep(many, morning(2))
    (whole,) = files(archive).values()
    for day in range(3, 28):
        archive.keep([(*each[:9], day, *each[10:]) for each in many[day:]], morning(day))
    assert sum(files(archive).values()) < 1.2 * whole
    assert len(listed(archive, 27) or ()) == 5000 - 27


def test_the_same_list_twice_is_kept_once(archive: Archive) -> None:
    archive.keep([ONE, TWO], morning(23))
    before = files(archive)
    archive.keep([TWO, ONE], morning(23) + 3600)
    archive.keep([ONE, TWO], morning(24))
    assert files(archive) == before


def test_each_month_begins_with_a_whole_list(archive: Archive) -> None:
    archive.keep([ONE, TWO], morning(30))
    archive.keep([ONE, THREE], morning(1, month=12))
    assert sorted(files(archive)) == ["kite-2026-11.csv.gz", "kite-2026-12.csv.gz"]
    (archive._folder / "kite-2026-11.csv.gz").unlink()
    assert listed(archive, 1, month=12) == {ONE, THREE}
    assert listed(archive, 30) is None


def test_a_file_is_lines_of_csv_to_whoever_unpacks_it(archive: Archive) -> None:
    archive.keep([ONE], morning(23))
    archive.keep([TWO], morning(24))
    text = gzip.decompress((archive._folder / "kite-2026-11.csv.gz").read_bytes()).decode()
    assert text.splitlines() == [
        "day,2026-11-23",
        '+,257,NFO,ONE,"THE ""ONE"", LTD",FUT,,,5,1,0,1',
        "day,2026-11-24",
        "-,257",
        '+,513,NFO,TWO,"THE ""TWO"", LTD",FUT,2026-11-24,,5,1,0,1',
    ]


@pytest.mark.parametrize("damage", [1, 10, 40])
def test_a_torn_end_costs_only_itself(archive: Archive, damage: int) -> None:
    archive.keep([ONE], morning(23))
    archive.keep([TWO], morning(24))
    path = archive._folder / "kite-2026-11.csv.gz"
    path.write_bytes(path.read_bytes()[:-damage])
    assert listed(archive, 25) == {ONE}
    archive.keep([THREE], morning(25))
    assert [listed(archive, day) for day in (24, 25)] == [{ONE}, {THREE}]


def test_any_lists_come_back(archive: Archive) -> None:
    chance = random.Random(5)
    expected: dict[int, set[ListRow]] = {}
    for day in range(2, 30):
        rows = {
            token: row(token, f"S{token}", lot=chance.choice([1, 50]))
            for token in chance.sample(range(257, 20_000, 256), chance.randint(1, 40))
        }
        archive.keep(rows.values(), morning(day))
        expected[day] = set(rows.values())
    assert {day: listed(archive, day) for day in expected} == expected


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("Thu 2026-11-26 08:29", date(2026, 11, 25)),
        ("Thu 2026-11-26 08:30", date(2026, 11, 26)),
        ("Fri 2026-11-27 00:10", date(2026, 11, 26)),
    ],
)
def test_before_the_exchanges_have_made_a_list_yesterdays_is_the_newest(moment: str, day: date) -> None:
    assert list_day(at(moment)) == day


def test_a_folder_that_cannot_be_written_is_told_with_the_next_step(tmp_path: Path) -> None:
    (tmp_path / "lists").write_text("in the way")
    with pytest.raises(UserError, match="make room there, or make the folder writable"):
        Archive(tmp_path / "lists", "kite").keep([ONE], morning(23))


def test_a_universe_of_a_past_day_names_what_was_tradable_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KITETUI_HOME", str(tmp_path))
    Archive.of("kite").keep([ONE, TWO], morning(23))
    Archive.of("kite").keep([ONE, THREE], morning(25))
    assert Universe.on(date(2026, 11, 23)).resolve("NFO:TWO").instrument_token == TWO[0]
    assert Universe.on(date(2026, 11, 25)).by_token(THREE[0]) is not None
    with pytest.raises(ValueError, match="NFO:TWO"):
        Universe.on(date(2026, 11, 25)).resolve("NFO:TWO")
    with pytest.raises(UserError, match="no instruments of kite are kept of 22 Nov 2026 or before"):
        Universe.on(date(2026, 11, 22))
