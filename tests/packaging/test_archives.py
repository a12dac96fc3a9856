"""Both archives hold what they should, and a release can be built again from its source archive."""

from __future__ import annotations

import subprocess
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path, PurePosixPath

import pytest

from kitetui import __version__
from tests.packaging.environment import ROOT, Archives, build

pytestmark = pytest.mark.landing

NOT_SHIPPED = {"__pycache__", ".gitignore"}


def names_in_wheel(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def names_in_source(source: Path) -> set[str]:
    with tarfile.open(source) as archive:
        return {str(PurePosixPath(*PurePosixPath(name).parts[1:])) for name in archive.getnames()}


def files_below(folder: str) -> set[str]:
    found = (each for each in (ROOT / folder).rglob("*") if each.is_file())
    return {str(each.relative_to(ROOT)) for each in found if not NOT_SHIPPED & set(each.parts)}


def test_the_wheel_is_the_package_its_themes_and_nothing_else(archives: Archives) -> None:
    themes = {f"kitetui/{name}" for name in files_below("themes")}
    held = {name for name in names_in_wheel(archives.wheel) if ".dist-info/" not in name}
    assert held == files_below("kitetui") | themes


def test_the_wheel_says_what_it_is(archives: Archives) -> None:
    about = f"kitetui-{__version__}.dist-info"
    with zipfile.ZipFile(archives.wheel) as archive:
        said = message_from_bytes(archive.read(f"{about}/METADATA"))
        commands = archive.read(f"{about}/entry_points.txt").decode()
        assert f"{about}/licenses/LICENSE" in archive.namelist()
    assert (said["Name"], said["Version"], said["Requires-Python"]) == ("kitetui", __version__, ">=3.11")
    assert {"pandas", "parquet", "polars", "web"} <= set(said.get_all("Provides-Extra", []))
    assert "kitetui = kitetui.__main__:main" in commands


def test_the_source_has_all_that_is_needed_to_build_and_to_test(archives: Archives) -> None:
    held = names_in_source(archives.source)
    assert {"pyproject.toml", "README.md", "LICENSE"} <= held
    assert files_below("kitetui") | files_below("themes") | files_below("tests") <= held


@pytest.mark.parametrize("unwanted", [".git", ".venv", "dist", "__pycache__"])
def test_neither_archive_holds_what_is_nobodys(archives: Archives, unwanted: str) -> None:
    for name in names_in_wheel(archives.wheel) | names_in_source(archives.source):
        assert unwanted not in PurePosixPath(name).parts


def test_a_wheel_of_the_source_archive_is_the_same(archives: Archives, tmp_path: Path) -> None:
    subprocess.run(["tar", "-xzf", str(archives.source), "-C", str(tmp_path)], check=True, timeout=60)
    (project,) = tmp_path.iterdir()
    again = build(project, tmp_path / "again")
    with zipfile.ZipFile(archives.wheel) as first, zipfile.ZipFile(again.wheel) as second:
        sums = [{each.filename: each.CRC for each in archive.infolist()} for archive in (first, second)]
    assert sums[0] == sums[1]
