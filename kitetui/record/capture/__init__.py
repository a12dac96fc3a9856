"""Captures: the messages of connections as they were on the wire, from which all else can be made again."""

from kitetui.record.capture.reader import CaptureReader, repair, sniff
from kitetui.record.capture.writer import CaptureWriter

__all__ = ["CaptureReader", "CaptureWriter", "repair", "sniff"]
