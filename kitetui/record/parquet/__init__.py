"""Parquet: columns for whatever analyses them; needs pyarrow."""

from kitetui.record.parquet.reader import ParquetReader, sniff
from kitetui.record.parquet.repair import repair
from kitetui.record.parquet.writer import ParquetWriter

__all__ = ["ParquetReader", "ParquetWriter", "repair", "sniff"]
