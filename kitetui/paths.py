"""Where the program keeps its files: the folders that each platform has for them.

Look-ups only: whoever writes creates the folder, for its owner alone. `KITETUI_HOME` puts all of them
below one folder, for a portable installation.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from platformdirs import PlatformDirs

HOME: Final = "KITETUI_HOME"

_FOLDERS: Final = PlatformDirs("kitetui", appauthor=False)


def config_folder() -> Path:
    """Return where the configuration and the user's own themes are."""
    return _below_home("config") or _FOLDERS.user_config_path


def config_file() -> Path:
    """Return where the configuration is."""
    return config_folder() / "config.toml"


def sessions_file() -> Path:
    """Return where the user's own holidays and special sessions are."""
    return config_folder() / "sessions.toml"


def log_folder() -> Path:
    """Return where the log files are."""
    return _below_home("log") or _FOLDERS.user_log_path


def cache_folder() -> Path:
    """Return where what can be downloaded again is kept."""
    return _below_home("cache") or _FOLDERS.user_cache_path


def data_folder() -> Path:
    """Return where what cannot be made again is kept."""
    return _below_home("data") or _FOLDERS.user_data_path


def _below_home(name: str) -> Path | None:
    home = os.environ.get(HOME, "")
    return Path(home).expanduser().absolute() / name if home else None
