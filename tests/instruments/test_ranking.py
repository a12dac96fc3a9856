"""The order of a list: what people look for first stands first, and families stay together."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import pytest

from kitetui.instruments import Universe
from kitetui.instruments.instrument import ListRow
from kitetui.instruments.listing import read_listing
from kitetui.instruments.ranking import MUCH_TRADED, Family, families
from kitetui.instruments.sets import shipped_set
from tests.instruments.helpers import Line, download, future, index, keys, option, share, universe_of

NOVEMBER, WEEKLY, DECEMBER = date(2026, 11, 24), date(2026, 12, 1), date(2026, 12, 29)
STRIKES = (24900, 25000, 25100, 25200, 26000)

IN_ORDER: tuple[Line, ...] = (
    index("NIFTY 50"),
    index("NIFTY BANK"),
    index("SENSEX", "BSE"),
    index("NIFTY IT"),
    index("NIFTY AUTO"),
    share("INFY", "INFOSYS"),
    share("RELIANCE", "RELIANCE INDUSTRIES"),
    share("IDEA", "VODAFONE IDEA"),
    share("IDEA", "VODAFONE IDEA", "BSE"),
    share("AAA"),
    share("AAAA"),
    share("AAAB"),
    share("AAA", exchange="BSE"),
    share("AA-BE"),
    share("360ONE"),
    future("NIFTY", NOVEMBER),
    future("BANKNIFTY", NOVEMBER),
    future("SENSEX", NOVEMBER, "BFO"),
    future("RELIANCE", NOVEMBER),
    future("IDEA", NOVEMBER),
    future("USDINR", NOVEMBER, "CDS"),
    future("NIFTY", DECEMBER),
    *(option("NIFTY", WEEKLY, strike, kind, weekly=True) for strike in (25000,) for kind in ("CE", "PE")),
    *(option("NIFTY", DECEMBER, strike, kind) for strike in STRIKES[2:3] for kind in ("CE", "PE")),
    option("NIFTY", DECEMBER, 25000, "CE"),
    option("NIFTY", DECEMBER, 25000, "PE"),
    option("NIFTY", DECEMBER, 25200, "CE"),
    option("NIFTY", DECEMBER, 25200, "PE"),
    option("NIFTY", DECEMBER, 24900, "CE"),
    option("NIFTY", DECEMBER, 26000, "CE"),
    option("RELIANCE", DECEMBER, 1500, "CE"),
)
"""A list as it is to be listed; each of the rules of the ranking decides somewhere."""


@pytest.fixture
def rows(tmp_path: Path) -> list[ListRow]:
    return read_listing(download(tmp_path, IN_ORDER)).rows


def named(listed: list[Family]) -> list[str]:
    return [row[2] for family in listed for row in family.rows]


def family_of(listed: list[Family], symbol: str) -> Family:
    return next(each for each in listed if any(row[2] == symbol for row in each.rows))


def test_indices_come_first_then_what_is_traded_much_then_contracts_by_expiry(tmp_path: Path) -> None:
    expected = [f"{line[-1]}:{line[2]}".removeprefix("NSE:") for line in IN_ORDER]
    assert keys(universe_of(tmp_path, IN_ORDER)) == expected


def test_the_order_in_which_a_list_comes_does_not_matter(rows: list[ListRow]) -> None:
    expected = named(families(rows))
    for seed in range(5):
        shuffled = random.Random(seed).sample(rows, len(rows))
        assert named(families(shuffled)) == expected


def test_every_row_is_in_one_family(rows: list[ListRow]) -> None:
    assert sorted(row for family in families(rows) for row in family.rows) == sorted(rows)


def test_shares_and_indices_are_families_of_their_own(rows: list[ListRow]) -> None:
    lasting = [each for each in families(rows) if each.expiry is None]
    assert all(len(each.rows) == 1 for each in lasting)


def test_the_options_of_an_underlying_and_a_day_are_one_family(rows: list[ListRow]) -> None:
    family = family_of(families(rows), "NIFTY26DEC26000CE")
    assert len(family.rows) == 8
    assert family.symbol == "NIFTY26DEC2"
    assert (family.exchange, family.expiry) == ("NFO", "2026-12-29")
    assert set(family.kinds.split()) == {"CE", "PE"}


def test_what_people_may_type_of_an_index_is_among_its_facts(rows: list[ListRow]) -> None:
    family = family_of(families(rows), "NIFTY BANK")
    assert family.symbol == "NIFTYBANK BANKNIFTY NIFTYBANK"
    assert set(family.facts.split()) >= {"NIFTY", "BANK", "BANKNIFTY", "INDEX"}


def test_what_people_may_type_of_contracts_is_among_their_facts(rows: list[ListRow]) -> None:
    options = family_of(families(rows), "NIFTY26DEC26000CE")
    assert set(options.facts.split()) == {"NIFTY", "50", "CE", "PE", "29DEC", "DEC", "26DEC"}
    assert set(options.words.split()) - set(options.facts.split()) == {str(each) for each in STRIKES}


def test_the_name_of_a_share_is_the_name_of_its_contracts(rows: list[ListRow]) -> None:
    assert " INDUSTRIES" in family_of(families(rows), "RELIANCE26NOVFUT").facts
    assert " VODAFONE" in family_of(families(rows), "IDEA26NOVFUT").facts


def test_what_is_traded_much_is_the_set_that_ships() -> None:
    traded = set(shipped_set(MUCH_TRADED))
    shares = [each for each in Universe.load() if each.kind == "EQ" and each.exchange == "NSE"]
    places = [each.key in traded for each in shares]
    assert places == sorted(places, reverse=True)


def test_an_exchange_and_a_kind_that_are_not_known_come_last(tmp_path: Path) -> None:
    odd = list(share("ODD"))
    odd[-3:] = "", "XYZ", "XYZ"
    assert keys(universe_of(tmp_path, [odd, *IN_ORDER[9:13]]))[-1] == "XYZ:ODD"


def test_nothing_is_in_no_family() -> None:
    assert families([]) == []
