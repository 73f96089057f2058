"""The report site: page templates, style, script, and the HTML of one displayed thing.

A leaf of the package: it knows payloads (plain JSON objects), never frames, stores or notebooks.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["SITE", "asset"]

SITE = Path(__file__).resolve().parent


def asset(name: str) -> str:
    """Text of one site file: a template, the style sheet or the script."""
    return (SITE / name).read_text(encoding="utf-8")
