"""Parquet: columns for whatever analyses them; needs pyarrow."""

from kitetui.record.parquet.reader import ParquetReader, sniff
from kitetui.record.parquet.writer import ParquetWriter, repair

__all__ = ["ParquetReader", "ParquetWriter", "repair", "sniff"]
