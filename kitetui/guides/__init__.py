"""Guides for those who come from another client of Kite's.

.. include:: from_kiteconnect.md

.. include:: from_rust.md
"""
