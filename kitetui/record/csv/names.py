"""The cells that name an instrument."""

from __future__ import annotations

import csv
import io
from typing import Final

from kitetui.record.names import NameOf
from kitetui.wire import Exchange

_MANY: Final = 1 << 18
"""Instruments that are kept in mind; a whole list of Kite's is fewer."""

_NO_BREAKS: Final = dict.fromkeys(map(ord, "\0\r\n"))
"""A row is one line, whatever a name has in it; and NUL is what the encoder pads with."""


class NameCells(dict[int, tuple[bytes, bytes]]):
    """The exchange and the tradingsymbol of each token, quoted where a CSV needs it."""

    def __init__(self, name_of: NameOf) -> None:
        super().__init__()
        self._name_of = name_of

    def rename(self, name_of: NameOf) -> None:
        """Name by this from now on."""
        self._name_of = name_of
        self.clear()

    def __missing__(self, token: int) -> tuple[bytes, bytes]:
        name = self._name_of(token)
        if name is None:  # it may be known by the next tick
            return Exchange.of(token).name.encode(), b""
        if len(self) >= _MANY:
            self.clear()
        cells = self[token] = _cell(name[0]), _cell(name[1])
        return cells


def _cell(text: str) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow((text.translate(_NO_BREAKS), ""))
    return line.getvalue().removesuffix(",").encode()
