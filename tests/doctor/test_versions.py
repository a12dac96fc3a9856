"""What runs."""

from __future__ import annotations

from importlib.metadata import version

from kitetui import __version__
from kitetui.doctor import State
from kitetui.doctor.machine import versions


def test_all_versions_stand_in_one_line() -> None:
    finding = versions()
    assert finding.state is State.OK
    assert finding.found.startswith(f"kitetui {__version__}, Python 3.")
    for name in ("Textual", "websockets", "NumPy"):
        assert f"{name} {version(name.lower())}" in finding.found
