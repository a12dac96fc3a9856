"""The doctor: what works, what does not and what to do about it, from the account to the terminal.

Each room beneath is a family of checks. Most are a look, which may take its time, and a judgement of what was
seen, which is a pure function.
"""

from kitetui.doctor.checks import Check, Finding, Result, State, Topic
from kitetui.doctor.examination import Examination
from kitetui.doctor.kite import Summary, instruments_check
from kitetui.doctor.machine import Terminal

__all__ = [
    "Check",
    "Examination",
    "Finding",
    "Result",
    "State",
    "Summary",
    "Terminal",
    "Topic",
    "instruments_check",
]
