"""The archives, built once a module."""

from __future__ import annotations

import pytest

from tests.packaging.environment import ROOT, Archives, build


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Archives:
    return build(ROOT, tmp_path_factory.mktemp("archives"))


@pytest.fixture(autouse=True)
def _no_login(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KITE_API_KEY", "KITE_ACCESS_TOKEN", "KITETUI_WS_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
