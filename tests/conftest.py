"""What holds for every test: property tests draw the same examples each time, and no clock fails them."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("kitetui", deadline=None, derandomize=True, database=None)
settings.load_profile("kitetui")
