from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kitetui.errors import RecordingError, UserError
from kitetui.record.output import GracePeriod
from kitetui.record.rows import TickRows
from kitetui.record.sqlite import SqliteWriter
from kitetui.record.sqlite.writer import GRACE_SECONDS
from kitetui.wire.layout import FIELDS
from tests.record.csv.helpers import infy, name_of, rows_of
from tests.wire.packets import SEGMENTS
from tests.wire.strategies import Drawn


def ask(path: Path, question: str) -> list[tuple[Any, ...]]:
    """What a database answers to somebody who only reads it."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return database.execute(question).fetchall()


def written(path: Path, rows: TickRows) -> Path:
    """Write a database of these rows."""
    writer = SqliteWriter(path, name_of)
    writer.write(rows)
    writer.close()
    return path


def of_packets(path: Path, *packets: Drawn) -> Path:
    """Write a database of these packets."""
    return written(path, rows_of(packets, sequence=range(1, len(packets) + 1)))


def test_others_see_what_was_flushed_while_it_grows(tmp_path: Path) -> None:
    path = tmp_path / "ticks.sqlite"
    writer = SqliteWriter(path, name_of)
    for flushed in range(3):
        writer.write(infy(10))
        assert ask(path, "SELECT COUNT(*) FROM ticks") == [(10 * flushed,)]
        writer.flush(sync=bool(flushed))
        assert ask(path, "SELECT COUNT(*) FROM ticks") == [(10 * flushed + 10,)]
    writer.close()


def test_somebody_who_reads_holds_up_nobody(tmp_path: Path) -> None:
    path = tmp_path / "ticks.sqlite"
    writer = SqliteWriter(path, name_of)
    writer.write(infy(10))
    writer.flush(sync=False)
    with closing(sqlite3.connect(path)) as reader:
        cursor = reader.execute("SELECT sequence FROM ticks")
        assert cursor.fetchone() == (1,)
        writer.write(infy(10))
        writer.flush(sync=True)
        assert len(cursor.fetchall()) == 9
        writer.close()
    assert ask(path, "SELECT COUNT(*) FROM ticks") == [(20,)]


def test_it_leaves_one_file(tmp_path: Path) -> None:
    written(tmp_path / "ticks.sqlite", infy(100))
    assert [each.name for each in tmp_path.iterdir()] == ["ticks.sqlite"]


def test_it_is_marked_as_a_recording(tmp_path: Path) -> None:
    path = written(tmp_path / "ticks.sqlite", infy(1))
    assert ask(path, "PRAGMA application_id") == [(int.from_bytes(b"KTIC"),)]
    assert ask(path, "PRAGMA user_version") == [(1,)]
    assert ask(path, "SELECT name FROM meta") == [("kitetui",)]


@pytest.mark.parametrize(
    ("segment", "price", "divisor", "shown"),
    [
        ("NSE", 157370, 100, 1573.7),
        ("MCX", -5, 100, -0.05),
        ("CDS", 842575001, 10**7, 84.2575001),
        ("BCD", 842575, 10**4, 84.2575),
        ("NCO", 2_645_230_000, 10**4, 264523.0),
    ],
)
def test_a_price_is_an_integer_with_its_divisor_and_the_view_divides(
    segment: str, price: int, divisor: int, shown: float, tmp_path: Path
) -> None:
    values = {"instrument_token": 1 << 8 | SEGMENTS[segment], "last_price": price}
    path = of_packets(tmp_path / "ticks.sqlite", Drawn(8, values))
    assert ask(path, "SELECT last_price, divisor FROM ticks") == [(price, divisor)]
    assert ask(path, "SELECT last_price FROM prices") == [(shown,)]


def test_what_was_not_sent_is_null_and_never_zero(tmp_path: Path) -> None:
    kinds = [Drawn(length, {"instrument_token": 0x1009}) for length in (8, 28, 32, 44, 184)]
    path = of_packets(tmp_path / "ticks.sqlite", *kinds)
    columns = "length, last_price, price_change, close, volume_traded, bid_quantity_1, exchange_timestamp"
    assert ask(path, f"SELECT {columns} FROM ticks ORDER BY length") == [
        (8, 0, None, None, None, None, None),
        (28, 0, 0, 0, None, None, None),
        (32, 0, 0, 0, None, None, None),  # a time of 0 is none
        (44, 0, None, 0, 0, None, None),
        (184, 0, None, 0, 0, 0, None),
    ]


def test_what_is_unsigned_stays_so(tmp_path: Path) -> None:
    most = 2**32 - 1
    values = {"instrument_token": 0xFFFFFF01, "volume_traded": most, "oi": most, "last_trade_time": most}
    path = of_packets(tmp_path / "ticks.sqlite", Drawn(184, values))
    columns = "instrument_token, volume_traded, oi, last_trade_time"
    assert ask(path, f"SELECT {columns} FROM ticks") == [(0xFFFFFF01, most, most, most)]


def test_the_view_has_names_modes_and_times_as_in_india(tmp_path: Path) -> None:
    path = written(tmp_path / "ticks.sqlite", infy(1))
    columns = "received_at, connection, exchange, tradingsymbol, mode, last_price, last_trade_time"
    assert ask(path, f"SELECT {columns} FROM prices") == [
        (
            "2021-07-05T10:41:28.123456+05:30",
            1,
            "NSE",
            "S408065",
            "full",
            1573.7,
            "2021-07-05T10:41:27+05:30",
        )
    ]


def test_a_tick_without_a_name_is_in_the_view_too(tmp_path: Path) -> None:
    token = 3 << 16 | 1
    assert name_of(token) is None
    path = of_packets(tmp_path / "ticks.sqlite", Drawn(8, {"instrument_token": token, "last_price": 1}))
    assert ask(path, "SELECT tradingsymbol, last_price FROM prices") == [(None, 0.01)]


def test_an_instrument_that_gets_its_name_later_has_it(tmp_path: Path) -> None:
    names: dict[int, tuple[str, str]] = {}
    path = tmp_path / "ticks.sqlite"
    writer = SqliteWriter(path, names.get)
    writer.write(infy(1))
    names[408065] = ("NSE", "INFY")
    writer.write(infy(1))
    writer.close()
    assert ask(path, "SELECT * FROM instruments") == [(408065, "NSE", "INFY")]


def test_its_size_counts_what_is_in_the_log(tmp_path: Path) -> None:
    path = tmp_path / "ticks.sqlite"
    writer = SqliteWriter(path, name_of)
    writer.write(infy(500))
    writer.flush(sync=False)
    before = path.stat().st_size
    assert writer.size > before
    writer.close()
    assert writer.size == path.stat().st_size > before


def test_it_may_be_written_by_another_thread_than_opened_it(tmp_path: Path) -> None:
    path = tmp_path / "ticks.sqlite"
    writer = SqliteWriter(path, name_of)
    errors: list[BaseException] = []

    def work() -> None:
        try:
            writer.write(infy(1))
            writer.close()
        except BaseException as error:  # whatever it is, the test is to see it
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert not errors
    assert ask(path, "SELECT COUNT(*) FROM ticks") == [(1,)]


def test_a_file_that_is_removed_ends_the_recording(tmp_path: Path) -> None:
    path = tmp_path / "ticks.sqlite"
    writer = SqliteWriter(path, name_of)
    path.unlink()
    with pytest.raises(RecordingError, match="was removed"):
        writer.write(infy(1))
    with pytest.raises(RecordingError, match="was removed"):
        writer.close()


@pytest.mark.parametrize("content", [b"date,open\n" * 100, b"SQLite format 3\x00" + bytes(4000)])
def test_a_foreign_file_is_left_alone(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "ticks.sqlite"
    path.write_bytes(content)
    with pytest.raises(UserError, match="name another file with -o"):
        SqliteWriter(path, name_of)
    assert path.read_bytes() == content


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ticks.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE ticks (price)")
    with pytest.raises(UserError, match="is no recording of kitetui"):
        SqliteWriter(path, name_of)
    assert ask(path, "SELECT name FROM sqlite_master") == [("ticks",)]


def test_no_rows_begin_nothing(tmp_path: Path) -> None:
    path = written(tmp_path / "ticks.sqlite", TickRows.none())
    assert ask(path, "SELECT COUNT(*) FROM ticks") == [(0,)]


def test_the_columns_begin_with_those_of_the_recording(tmp_path: Path) -> None:
    path = written(tmp_path / "ticks.sqlite", infy(1))
    columns = [name for (name,) in ask(path, "SELECT name FROM pragma_table_info('ticks')")]
    assert columns[:6] == ["received_at", "connection", "sequence", "snapshot", "length", "divisor"]
    assert columns[6:] == list(FIELDS)


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite itself waits for nobody."""
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda path, **options: connect(path, **{"timeout": 0.0, **options})
    )


@pytest.mark.usefixtures("_impatient")
def test_another_that_writes_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "ticks.sqlite"
    writer = SqliteWriter(path, name_of, GracePeriod())
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writing = threading.Thread(target=writer.write, args=(infy(10),))
        writing.start()
        writing.join(0.3)
        assert writing.is_alive()
        other.execute("COMMIT")
        writing.join()
    writer.close()
    assert ask(path, "SELECT COUNT(*) FROM ticks") == [(10,)]


@pytest.mark.usefixtures("_impatient")
def test_it_is_waited_for_no_longer_than_patience_lasts(tmp_path: Path) -> None:
    path = tmp_path / "ticks.sqlite"
    now = [0.0]
    grace = GracePeriod(lambda: now[0])
    writer = SqliteWriter(path, name_of, grace)
    writer.write(infy(10))
    writer.flush(sync=False)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        grace.begin()
        now[0] = GRACE_SECONDS
        with pytest.raises(RecordingError, match="database is locked; what was flushed before is whole"):
            writer.write(infy(10))
    writer.close()
    assert ask(path, "SELECT COUNT(*) FROM ticks") == [(10,)]
