"""A table keeps what it was given, in order, in memory or in a file, and answers any question with text."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from kitetui.instruments import Instrument, Kind, simulated_instruments
from kitetui.instruments.table import InstrumentTable, fill

LISTED = simulated_instruments()
INFY = next(each for each in LISTED if each.key == "NSE:INFY")


@pytest.fixture
def table() -> InstrumentTable:
    return InstrumentTable.of(LISTED)


def written(path: Path, facts: dict[str, object] | None = None) -> Path:
    """A file with a table of one row."""
    row = (408065, "NSE", "INFY", "INFOSYS", "EQ", None, None, 5, 1, 0, 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        fill(database, [row], facts or {})
    return path


def test_every_instrument_comes_back_as_it_was(table: InstrumentTable) -> None:
    assert len(table) == len(LISTED)
    assert sorted(table.select(), key=_token) == sorted(LISTED, key=_token)


@pytest.mark.parametrize("strike", ["25000", "97.5", "84.25", "0.0025", "1E+2", "0"])
def test_a_strike_is_exact(strike: str) -> None:
    option = replace(INFY, kind=Kind.CALL, expiry=date(2026, 12, 29), strike=Decimal(strike))
    (found,) = InstrumentTable.of([option]).select()
    assert found == option
    assert "E" not in str(found.strike)


def test_a_condition_leaves_a_part_of_the_table_and_is_put_in_the_place_of_another(
    table: InstrumentTable,
) -> None:
    mine = table.where("exchange = 'BSE'")
    assert {each.exchange for each in mine.select()} == {"BSE"}
    assert len(mine) == sum(each.exchange == "BSE" for each in LISTED)
    assert list(mine.select("exchange = ? OR 1", "NSE")) == list(mine.select())
    assert len(mine.where("1")) == len(LISTED)


def test_an_order_goes_before_that_of_the_list(table: InstrumentTable) -> None:
    longest = next(table.select(before="length(tradingsymbol) DESC, "))
    assert len(longest.tradingsymbol) == max(len(each.tradingsymbol) for each in LISTED)


def test_symbols_are_found_by_their_beginning_on_one_exchange_or_on_all(table: InstrumentTable) -> None:
    def beginning(symbol: str, exchange: str = "") -> set[str]:
        return {each.key for each in table.beginning_with(symbol, exchange)}

    assert beginning("INF") == {each.key for each in LISTED if each.tradingsymbol.startswith("INF")}
    assert beginning("INFY") >= {"NSE:INFY", "BSE:INFY"}
    assert beginning("INFY", "BSE") == {"BSE:INFY"}
    assert beginning("INFYX") == beginning("INFY", "XYZ") == set()
    assert len(beginning("")) == len(LISTED)


def test_what_lasts_is_found_by_parts_of_its_names(table: InstrumentTable) -> None:
    def lasting(*parts: str, exchange: str = "") -> set[str]:
        numbers = table.lasting(parts, exchange)
        return {each.key for number in numbers for each in table.select("id = ?", number)}

    assert lasting("ELIANC") >= {"NSE:RELIANCE", "BSE:RELIANCE"}
    assert lasting("ELIANC", exchange="BSE") == {"BSE:RELIANCE"}
    assert lasting("IFTY", "BAN") >= {"NSE:NIFTY BANK"}
    assert not any("FUT" in key for key in lasting("IFTY"))


@pytest.mark.parametrize("text", ["'", '"', "' OR 1 --", "%", "_", "*", "\x00", "\ud800", "\U0010ffff"])
def test_no_text_is_taken_for_a_command(table: InstrumentTable, text: str) -> None:
    assert list(table.select("tradingsymbol = ?", text)) == []
    assert list(table.beginning_with(text)) == []
    assert list(table.lasting([text])) == []


def test_facts_are_kept_by_name(tmp_path: Path) -> None:
    table = InstrumentTable.open(written(tmp_path / "list", {"rows": 1, "at": 1.5}))
    assert (table.fact("rows"), table.fact("at"), table.fact("else")) == (1, 1.5, None)
    table.close()


@pytest.mark.parametrize("folder", ["a b", "a?mode=memory", "a#b", "a%20b", "é"])
def test_a_file_is_opened_in_a_folder_of_any_name(tmp_path: Path, folder: str) -> None:
    path = written(tmp_path / folder / "list.sqlite")
    table = InstrumentTable.open(path)
    assert [each.key for each in table.select()] == ["NSE:INFY"]
    table.close()


def test_reading_leaves_a_file_as_it_is_and_nothing_beside_it(tmp_path: Path) -> None:
    path = written(tmp_path / "list")
    path.chmod(0o400)
    before = path.read_bytes()
    table = InstrumentTable.open(path)
    assert len(table) == 1
    assert [each.name for each in tmp_path.iterdir()] == ["list"]
    table.close()
    assert path.read_bytes() == before


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.Error):
        InstrumentTable.open(tmp_path / "list")
    assert list(tmp_path.iterdir()) == []


def test_two_with_the_same_key_write_nothing_at_all() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        row = (408065, "NSE", "INFY", "INFOSYS", "EQ", None, None, 5, 1, 0, 1)
        with pytest.raises(sqlite3.IntegrityError):
            fill(database, [row, (1, *row[1:])], {})
        assert database.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


def _token(instrument: Instrument) -> int:
    return instrument.instrument_token
