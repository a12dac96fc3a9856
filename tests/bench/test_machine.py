"""The machine is named by what its speed depends on."""

from __future__ import annotations

import platform
from dataclasses import asdict

from kitetui.bench import this_machine


def test_a_machine_has_a_processor_cores_and_versions() -> None:
    machine = this_machine()
    assert machine.processor
    assert machine.cores >= 1
    assert platform.python_version() in machine.python
    assert {"numpy", "websockets", "textual"} <= machine.versions.keys()


def test_it_does_not_say_whose_it_is() -> None:
    assert platform.node() not in str(asdict(this_machine()))
