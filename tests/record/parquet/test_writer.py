from __future__ import annotations

import gc
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kitetui.errors import RecordingError, UserError
from kitetui.instruments import simulated_instruments
from kitetui.record.parquet import ParquetReader, ParquetWriter, repair
from kitetui.record.parquet.schema import batch_of, pyarrow, schema
from kitetui.record.parquet.writer import GROUP_ROWS, GroupWriter, _groups, _Journal, journal_of, part_of
from kitetui.record.rows import TickRows
from kitetui.simulator.market import Market
from kitetui.wire import decode_frame, encode_frame
from kitetui.wire.layout import FULL, TOKEN
from tests.record.csv.helpers import assert_same, infy, joined, name_of, rows_of
from tests.record.helpers import full_disk
from tests.record.parquet.helpers import in_turns, left_by_a_kill, table_of, written
from tests.wire.packets import SEGMENTS
from tests.wire.strategies import Drawn


def one(path: Path, length: int, **values: int) -> dict[str, Any]:
    """The row of one packet, as pyarrow gives it."""
    (row,) = table_of(written(path, rows_of([Drawn(length, values)]))).to_pylist()
    found: dict[str, Any] = row
    return found


@pytest.mark.parametrize(
    ("segment", "price", "divisor"),
    [
        ("NSE", 157370, 100),
        ("MCX", -(2**31), 100),
        ("CDS", 842575001, 10**7),
        ("BCD", -842575, 10**4),
        ("NCO", 2_645_230_000, 10**4),
    ],
)
def test_a_price_is_in_rupees_or_an_integer_beside_its_divisor(
    segment: str, price: int, divisor: int, tmp_path: Path
) -> None:
    rows = rows_of([Drawn(8, {"instrument_token": 1 << 8 | SEGMENTS[segment], "last_price": price})])
    (row,) = table_of(written(tmp_path / "rupees.parquet", rows)).to_pylist()
    assert row["last_price"] == price / divisor
    assert "divisor" not in row
    (row,) = table_of(written(tmp_path / "integers.parquet", rows, integers=True)).to_pylist()
    assert (row["last_price"], row["divisor"]) == (price, divisor)


def test_what_was_not_sent_is_null_and_never_zero(tmp_path: Path) -> None:
    kinds = [Drawn(length, {"instrument_token": 0x1009}) for length in (8, 28, 32, 44, 184)]
    others = ["price_change", "close", "volume_traded", "bid_quantity_1", "last_trade_time"]
    table = table_of(written(tmp_path / "ticks.parquet", rows_of(kinds))).select(["length", "mode", *others])
    assert [tuple(row.values()) for row in table.sort_by("length").to_pylist()] == [
        (8, "ltp", None, None, None, None, None),
        (28, "quote", 0, 0, None, None, None),
        (32, "full", 0, 0, None, None, None),
        (44, "quote", None, 0, 0, None, None),
        (184, "full", None, 0, 0, 0, None),  # a time of 0 is none
    ]


def test_what_is_unsigned_stays_so_and_times_are_in_utc(tmp_path: Path) -> None:
    most = 2**32 - 1
    row = one(tmp_path / "ticks.parquet", 184, instrument_token=0xFFFFFF01, oi=most, last_trade_time=most)
    assert row["instrument_token"] == 0xFFFFFF01
    assert row["oi"] == most
    assert row["last_trade_time"] == datetime.fromtimestamp(most, UTC)


def test_how_it_was_received_stands_beside_a_tick(tmp_path: Path) -> None:
    first, second = table_of(written(tmp_path / "ticks.parquet", infy(2))).to_pylist()
    assert str(first["received_at"]).startswith("2021-07-05 05:11:28.123456")
    assert (first["connection"], first["sequence"], first["row"]) == (1, 1, 0)
    assert (first["exchange"], first["tradingsymbol"]) == ("NSE", "S408065")
    assert [first["snapshot"], second["snapshot"]] == [True, False]


def test_the_file_says_what_its_numbers_are(tmp_path: Path) -> None:
    schema = table_of(written(tmp_path / "ticks.parquet", infy(1))).schema
    assert b"prices in rupees" in schema.metadata[b"units"]
    integers = table_of(written(tmp_path / "integers.parquet", infy(1), integers=True)).schema
    assert b"divide them by divisor" in integers.metadata[b"units"]
    assert str(integers.field("last_price").type) == "int64"


def test_its_columns_are_of_the_types_of_the_librarys_own_tables(tmp_path: Path) -> None:
    rows = infy(1)
    schema = table_of(written(tmp_path / "ticks.parquet", rows)).schema
    ours = rows.batch.to_arrow(received_at=rows.received_at).schema
    shared = [name for name in schema.names if name in ours.names]
    assert set(ours.names) - set(shared) == {"tradable", "change", "net_change"}
    assert [schema.field(name).type for name in shared] == [ours.field(name).type for name in shared]


def test_it_has_its_name_only_when_it_is_finished(tmp_path: Path) -> None:
    path = tmp_path / "ticks.parquet"
    writer = ParquetWriter(path, name_of)
    writer.write(infy(3))
    writer.flush(sync=True)
    assert {each.name for each in tmp_path.iterdir()} == {"ticks.parquet.part", "ticks.parquet.journal"}
    writer.close()
    assert [each.name for each in tmp_path.iterdir()] == ["ticks.parquet"]
    assert writer.size == path.stat().st_size


def test_its_size_grows_with_every_flush(tmp_path: Path) -> None:
    writer = ParquetWriter(tmp_path / "ticks.parquet", name_of)
    sizes = []
    for _ in range(3):
        writer.write(infy(10))
        writer.flush(sync=False)
        sizes.append(writer.size)
    assert 0 < sizes[0] < sizes[1] < sizes[2]
    writer.close()


def test_what_comes_tick_by_tick_is_one_batch_a_flush(tmp_path: Path) -> None:
    rows = infy(600)
    path = tmp_path / "ticks.parquet"
    writer = ParquetWriter(path, name_of)
    for at in range(len(rows)):
        writer.write(rows[at : at + 1])
    writer.flush(sync=False)
    with journal_of(path).open("rb") as file:
        (batch,) = pyarrow().ipc.open_stream(file)
    assert batch.num_rows == 600
    for at in range(len(rows)):
        writer.write(rows[at : at + 1])
        writer.flush(sync=False)
    writer.close()
    assert_same(joined(list(ParquetReader(path))), joined([rows, rows]))


def test_groups_are_written_while_it_records_and_keep_the_order_of_arrival(tmp_path: Path) -> None:
    path = tmp_path / "ticks.parquet"
    rows = in_turns(2 * GROUP_ROWS + 1000)
    writer = ParquetWriter(path, name_of)
    for start in range(0, len(rows), 10_000):
        writer.write(rows[start : start + 10_000])
    assert 10_000 < writer.size < journal_of(path).stat().st_size
    writer.close()
    assert pyarrow().parquet.ParquetFile(path).num_row_groups > 1
    by_arrival = table_of(path).sort_by("row")
    np.testing.assert_array_equal(by_arrival["row"], np.arange(len(rows)))
    np.testing.assert_array_equal(by_arrival["sequence"], rows.sequence)
    found = list(ParquetReader(path))
    assert max(map(len, found)) <= 10_000
    np.testing.assert_array_equal(np.concatenate([each.sequence for each in found]), rows.sequence)
    np.testing.assert_array_equal(
        np.concatenate([each.words[:, TOKEN] for each in found]), rows.words[:, TOKEN]
    )


def test_a_full_tick_of_the_simulated_market_takes_at_most_fifty_bytes(tmp_path: Path) -> None:
    listed = simulated_instruments(300)
    names = {each.instrument_token: (each.exchange, each.tradingsymbol) for each in listed}
    opened = 1_795_000_000
    market = Market(listed, seed=1, now=opened)
    frames = []
    for step in range(1500):
        words = market.words[market.step(20, opened + step // 50)]
        words = words[words[:, TOKEN] & 0xFF != 9]
        frames.append(decode_frame(encode_frame(words, [FULL] * len(words))).words)
    words = np.concatenate(frames)
    number = np.arange(len(words))
    rows = TickRows(
        words,
        np.full(len(words), FULL, np.uint8),
        opened * 10**9 + number // 20 * 20_123_456,
        np.zeros(len(words), np.uint8),
        number + 1,
        number < 300,
    )
    path = written(tmp_path / "ticks.parquet", rows, names=names.get)
    assert len(words) > 20_000
    assert path.stat().st_size / len(words) <= 50


def test_no_rows_make_a_file_without_any(tmp_path: Path) -> None:
    table = table_of(written(tmp_path / "ticks.parquet", TickRows.none()))
    assert table.num_rows == 0
    assert "last_price" in table.column_names


def test_a_recording_that_is_removed_ends(tmp_path: Path) -> None:
    writer = ParquetWriter(tmp_path / "ticks.parquet", name_of)
    (tmp_path / "ticks.parquet.journal").unlink()
    with pytest.raises(RecordingError, match="was removed"):
        writer.write(infy(1))
    with pytest.raises(RecordingError, match="was removed"):
        writer.close()


def test_a_group_writer_that_is_abandoned_leaves_the_file_alone_and_prints_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", printed.append)
    path = tmp_path / "ticks.part"
    with path.open("wb", buffering=0) as file:
        writer = GroupWriter(file, schema())
        with full_disk(1_000), pytest.raises(OSError, match="File too large"):
            writer.write([batch_of(infy(5_000), [("NSE", "INFY")] * 5_000)])
        size = path.stat().st_size
        writer.abandon()
        del writer
        gc.collect()
    assert path.stat().st_size == size
    assert not printed


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot write to .*: No such file or directory; name another file"):
        ParquetWriter(tmp_path / "none" / "ticks.parquet", name_of)


def test_without_pyarrow_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UserError, match=r"pip install 'kitetui\[parquet\]'"):
        ParquetWriter(tmp_path / "ticks.parquet", name_of)
    assert not list(tmp_path.iterdir())


def test_who_records_no_parquet_loads_no_pyarrow() -> None:
    program = "import sys, kitetui.record, kitetui.record.parquet; print('pyarrow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_what_was_flushed_before_a_kill_is_made_a_file(tmp_path: Path) -> None:
    rows = infy(3_000)
    path = left_by_a_kill(tmp_path / "ticks.parquet", rows[:1000], rows[1000:])
    assert repair(path) == "finished ticks.parquet with the 3,000 rows of its journal"
    assert [each.name for each in tmp_path.iterdir()] == ["ticks.parquet"]
    assert_same(joined(list(ParquetReader(path))), rows)
    assert repair(path) is None


def test_more_than_a_group_is_mended_too(tmp_path: Path) -> None:
    rows = in_turns(GROUP_ROWS + 5_000)
    parts = [rows[start : start + 10_000] for start in range(0, len(rows), 10_000)]
    path = left_by_a_kill(tmp_path / "ticks.parquet", *parts)
    assert repair(path)
    assert_same(joined(list(ParquetReader(path))), rows)


def test_a_journal_that_is_torn_anywhere_gives_its_whole_flushes(tmp_path: Path) -> None:
    rows = infy(40)
    parts = [rows[start : start + 10] for start in range(0, 40, 10)]
    path = left_by_a_kill(tmp_path / "ticks.parquet", *parts)
    journal = journal_of(path).read_bytes()
    counts = []
    for end in [*range(0, len(journal), len(journal) // 40), len(journal)]:
        path.unlink(missing_ok=True)
        journal_of(path).write_bytes(journal[:end])
        assert repair(path)
        found = joined(list(ParquetReader(path)))
        assert_same(found, rows[: len(found)])
        counts.append(len(found))
    assert counts == sorted(counts)
    assert set(counts) == {0, 10, 20, 30, 40}


def test_a_torn_end_is_said(tmp_path: Path) -> None:
    first = journal_of(left_by_a_kill(tmp_path / "first.parquet", infy(10))).stat().st_size
    path = left_by_a_kill(tmp_path / "ticks.parquet", infy(10), infy(10))
    torn = journal_of(path).read_bytes()[:-100]
    journal_of(path).write_bytes(torn)
    assert repair(path) == (
        "finished ticks.parquet with the 10 rows of its journal, "
        f"whose last {len(torn) - first:,} bytes were torn"
    )


def test_many_small_flushes_are_few_batches(tmp_path: Path) -> None:
    rows = infy(600)
    path = left_by_a_kill(tmp_path / "ticks.parquet", *(rows[at : at + 1] for at in range(len(rows))))
    (group,) = _groups(_Journal(pyarrow(), journal_of(path)))
    assert len(group) < 256
    assert repair(path)
    assert_same(joined(list(ParquetReader(path))), rows)


def test_a_kill_during_the_mending_leaves_it_to_be_mended(tmp_path: Path) -> None:
    path = left_by_a_kill(tmp_path / "ticks.parquet", infy(10))
    part_of(path).write_bytes(b"half a file")
    assert repair(path)
    assert_same(joined(list(ParquetReader(path))), infy(10))


def test_a_journal_beside_a_finished_file_goes(tmp_path: Path) -> None:
    path = written(tmp_path / "ticks.parquet", infy(10))
    journal_of(path).write_bytes(schema().serialize().to_pybytes())
    assert repair(path) is None
    assert [each.name for each in tmp_path.iterdir()] == ["ticks.parquet"]
    assert_same(joined(list(ParquetReader(path))), infy(10))


def test_where_it_cannot_be_mended_is_said(tmp_path: Path) -> None:
    path = left_by_a_kill(tmp_path / "ticks.parquet", infy(10))
    part_of(path).unlink()
    part_of(path).mkdir()
    with pytest.raises(UserError, match=r"cannot repair .*; name another file with -o"):
        repair(path)
    assert journal_of(path).exists()


@pytest.mark.parametrize("content", [b"notes", b"\xff\xff\xff\xff and more", bytes(5000)])
def test_a_journal_of_somebody_else_stays_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ticks.parquet"
    journal_of(path).write_bytes(content)
    with pytest.raises(UserError, match="is no journal of kitetui; move it away"):
        repair(path)
    assert journal_of(path).read_bytes() == content
    assert not path.exists()
