"""What a user sets, and what the targets name where nothing is set."""

from __future__ import annotations

import pytest

from kitetui.bench import BenchSettings


def test_what_is_not_set_is_as_usual() -> None:
    assert BenchSettings().symbols_or(9000) == 9000
    assert BenchSettings(symbols=50).symbols_or(9000) == 50
    assert BenchSettings().rate_or(20_000) == 20_000
    assert BenchSettings(rate=100).rate_or(20_000) == 100


@pytest.mark.parametrize(
    "settings", [BenchSettings(rate=100), BenchSettings(symbols=50), BenchSettings(seconds=1)]
)
def test_figures_at_other_settings_are_not_held_against_targets(settings: BenchSettings) -> None:
    assert BenchSettings().are_those_of_the_targets
    assert BenchSettings(seconds=600).are_those_of_the_targets
    assert not settings.are_those_of_the_targets
