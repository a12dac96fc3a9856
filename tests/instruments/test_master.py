"""The list of the day takes yesterday's place whole, or not at all."""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from threading import Barrier

import pytest

from kitetui.errors import UserError
from kitetui.instruments.listing import ListError
from kitetui.instruments.master import Master, is_due
from kitetui.times import IST
from tests.instruments.helpers import Line, download, import_into, kept, keys, share, universe_at

YESTERDAYS = [share("AAA"), share("BBB"), share("CCC", exchange="BSE")]
YESTERDAYS_KEYS = ["AAA", "BBB", "BSE:CCC"]
MANY = [share(f"S{number}", f"SHARE {number}") for number in range(2_000)]


@pytest.fixture
def master(tmp_path: Path) -> Master:
    """A list that is not there yet."""
    return Master(tmp_path / "cache" / "kite.sqlite")


@pytest.fixture
def yesterday(master: Master) -> Master:
    """The list of yesterday."""
    import_into(master, YESTERDAYS, now=1_000.0)
    return master


def refusal(master: Master, lines: list[Line] | bytes) -> str:
    """Why a list is not taken; what was there is there still, and nothing else is."""
    before = files_beside(master)
    with pytest.raises(UserError) as caught:
        import_into(master, lines)
    assert files_beside(master) == before
    assert "; " in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def files_beside(master: Master) -> list[str]:
    folder = master.path.parent
    return sorted(each.name for each in folder.iterdir()) if folder.is_dir() else []


def test_a_list_that_was_never_got_is_none(master: Master) -> None:
    assert master.read() is None


def test_the_list_of_a_service_has_a_file_of_its_own_where_what_can_be_got_again_is(home: Path) -> None:
    folder = home / "cache" / "instruments"
    assert Master.of("kite").path.parent == Master.of("sandbox").path.parent == folder
    assert Master.of("kite").path != Master.of("sandbox").path


def test_what_is_imported_is_read_by_the_next_program(master: Master) -> None:
    imported = import_into(master, YESTERDAYS, now=1_234.5)
    assert (imported.rows, imported.remarks) == (3, [])
    stored = Master(master.path).read()
    assert stored is not None
    assert (stored.rows, stored.fetched_at) == (3, 1_234.5)
    assert kept(master) == YESTERDAYS_KEYS
    assert files_beside(master) == ["kite.sqlite"]


def test_what_there_is_to_say_of_a_list_is_handed_on(master: Master) -> None:
    assert import_into(master, [*YESTERDAYS, share("AAA")]).remarks == [
        "1 row left out: same token as another"
    ]


def test_a_list_takes_the_place_of_yesterdays(yesterday: Master) -> None:
    import_into(yesterday, [share("NEW"), share("AAA")], now=2_000.0)
    assert kept(yesterday) == ["AAA", "NEW"]
    stored = yesterday.read()
    assert stored is not None
    assert stored.fetched_at == 2_000.0


def test_whoever_reads_yesterdays_list_reads_it_to_its_end(yesterday: Master) -> None:
    universe = universe_at(yesterday)
    instruments = iter(universe)
    first = next(instruments)
    import_into(yesterday, [share("NEW"), share("OTHER")])
    assert sorted(keys([first, *instruments])) == YESTERDAYS_KEYS
    assert universe.resolve("AAA").key == "NSE:AAA"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "what came is no list of instruments"),
        (b"<html>log in</html>", "what came is no list of instruments"),
        (b"\x1f\x8b\x08\x00", "broke off on the way"),
    ],
)
def test_what_is_no_list_leaves_yesterdays(yesterday: Master, content: bytes, said: str) -> None:
    assert said in refusal(yesterday, content)
    assert kept(yesterday) == YESTERDAYS_KEYS


def test_a_list_half_as_long_as_yesterdays_is_taken_and_a_shorter_one_is_not(master: Master) -> None:
    import_into(master, MANY[:100])
    assert refusal(master, MANY[:49]) == (
        "the list that came has 49 instruments and the one before had 100; "
        f"try again later, or remove {master.path} first"
    )
    assert len(universe_at(master)) == 100
    assert import_into(master, MANY[:50]).rows == 50


def test_a_short_list_is_taken_once_the_one_before_is_removed(master: Master) -> None:
    import_into(master, MANY[:100])
    master.path.unlink()
    assert import_into(master, MANY[:10]).rows == 10


def test_an_empty_list_is_never_taken(master: Master) -> None:
    assert refusal(master, []) == "the list that came has 0 instruments; try again later"
    assert master.read() is None
    import_into(master, [share("ONE")])
    assert "has 0 instruments and the one before had 1" in refusal(master, [])
    assert kept(master) == ["ONE"]


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def noise(path: Path) -> None:
    path.write_bytes(b"noise" * 5_000)


def nothing(path: Path) -> None:
    path.write_bytes(b"")


def another_database(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE facts (name, value)")
        database.execute("INSERT INTO facts VALUES ('rows', 'many')")
    database.close()


@pytest.mark.parametrize("damage", [half, noise, nothing, another_database])
def test_a_damaged_file_is_said_and_the_next_list_takes_its_place(
    master: Master, damage: Callable[[Path], None]
) -> None:
    import_into(master, MANY)
    damage(master.path)
    with pytest.raises(ListError, match=r"is damaged; get it anew with kitetui instruments sync$"):
        master.read()
    import_into(master, YESTERDAYS)
    assert kept(master) == YESTERDAYS_KEYS


def test_a_folder_in_the_place_of_the_file_is_one_sentence(master: Master) -> None:
    master.path.mkdir(parents=True)
    with pytest.raises(ListError, match="is damaged"):
        master.read()
    assert "cannot be kept in" in refusal(master, YESTERDAYS)


def test_a_file_in_the_place_of_the_folder_is_one_sentence(master: Master) -> None:
    master.path.parent.write_text("in the way")
    answer = refusal(master, YESTERDAYS)
    assert answer.startswith(f"the instrument list cannot be kept in {master.path.parent}: ")
    assert answer.endswith("; make room there, or make the folder writable")
    assert master.path.parent.read_text() == "in the way"


@pytest.mark.parametrize(
    ("call", "number"), [("replace", errno.EROFS), ("fsync", errno.ENOSPC), ("mkstemp", errno.EROFS)]
)
def test_a_full_or_read_only_disk_leaves_yesterdays(
    yesterday: Master, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as disk:
        where = {"replace": "pathlib.Path.replace", "fsync": "os.fsync", "mkstemp": "tempfile.mkstemp"}
        disk.setattr(where[call], fail)
        assert os.strerror(number) in refusal(yesterday, MANY)
    assert kept(yesterday) == YESTERDAYS_KEYS


_IMPORT = """
import resource, sys
from pathlib import Path
from kitetui.errors import UserError
from kitetui.instruments.master import Master

resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
try:
    Master(Path(sys.argv[1])).replace(Path(sys.argv[2]), 0.0)
except UserError as error:
    print(error)
"""


@pytest.mark.parametrize("room", [0, 4_096, 50_000, 150_000])
def test_a_disk_that_fills_up_on_the_way_leaves_yesterdays(yesterday: Master, room: int) -> None:
    downloaded = download(yesterday.path.parent.parent, MANY)
    command = [sys.executable, "-c", _IMPORT, str(yesterday.path), str(downloaded), str(room)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
    assert done.stdout.startswith(f"the instrument list cannot be kept in {yesterday.path.parent}: ")
    assert done.stdout.count("\n") == 1
    assert files_beside(yesterday) == ["kite.sqlite"]
    assert kept(yesterday) == YESTERDAYS_KEYS


def test_of_two_imports_at_the_same_time_one_is_there_in_the_end(yesterday: Master, tmp_path: Path) -> None:
    together = Barrier(2)

    def take(number: int) -> int:
        folder = tmp_path / str(number)
        folder.mkdir()
        downloaded = download(folder, MANY[number::2])
        together.wait()
        return Master(yesterday.path).replace(downloaded, float(number)).rows

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(take, range(2))) == [1_000, 1_000]
    stored = yesterday.read()
    assert stored is not None
    number = int(stored.fetched_at)
    assert set(kept(yesterday)) == {f"S{each}" for each in range(number, 2_000, 2)}
    assert files_beside(yesterday) == ["kite.sqlite"]


def ist(day: int, clock: str) -> float:
    return datetime.fromisoformat(f"2026-11-{day:02d}T{clock}").replace(tzinfo=IST).timestamp()


@pytest.mark.parametrize(
    ("fetched_at", "now", "due"),
    [
        (ist(3, "08:30:00"), ist(3, "08:30:00"), False),
        (ist(3, "08:29:59"), ist(3, "08:30:00"), True),
        (ist(3, "07:00:00"), ist(3, "08:29:59"), False),
        (ist(2, "08:30:00"), ist(3, "08:29:59"), False),
        (ist(2, "08:30:00"), ist(3, "08:30:00"), True),
        (ist(2, "08:29:59"), ist(3, "08:29:59"), True),
        (ist(3, "09:00:00"), ist(3, "23:59:59"), False),
        (ist(3, "09:00:00"), ist(4, "00:00:00"), False),
        (ist(3, "00:00:00"), ist(3, "00:00:01"), False),
        (ist(3, "00:00:00"), ist(3, "09:00:00"), True),
        (ist(1, "09:00:00"), ist(4, "00:00:00"), True),
        (0.0, ist(4, "00:00:00"), True),
    ],
)
def test_a_list_is_due_once_a_day_after_half_past_eight_in_india(
    fetched_at: float, now: float, due: bool
) -> None:
    assert is_due(fetched_at, now) is due


def test_a_list_of_a_time_to_come_is_due_as_the_clock_was_wrong() -> None:
    assert is_due(ist(3, "12:00:01"), ist(3, "12:00:00"))
    assert is_due(ist(30, "12:00:00"), ist(3, "12:00:00"))


def test_what_a_killed_process_left_is_removed_once_it_is_old(tmp_path: Path) -> None:
    master = Master(tmp_path / "list.sqlite")
    old, young, other = (
        tmp_path / f".{name}" for name in ("list.sqlite-old", "list.sqlite-new", "other-old")
    )
    for file in (old, young, other):
        file.touch()
    for file in (old, other):
        os.utime(file, (0, 0))
    with master.temporary():
        assert not old.exists()
    assert young.exists()
    assert other.exists()
