"""The terminal: a Textual app over the parsed stream."""

from kitetui.tui.app import MonitorApp

__all__ = ["MonitorApp"]
