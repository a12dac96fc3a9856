"""What a row has in each column, as text: exact decimals, times in IST, nothing where nothing was sent.

CSV puts a comma between the cells, and JSON lines put each where its object has it.
"""

from kitetui.record.cells.encoder import Cells

__all__ = ["Cells"]
