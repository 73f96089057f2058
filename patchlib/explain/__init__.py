"""One node, and one patch on it, from the page a reader sees down to the line of the page file that told it.

asked      whom a word means: node, patch, CVE     evidence   observations, and their raw rows in the snapshots
node       what holds of the node                  item       what holds of one patch on it
parts      values, sections, who is asked          plain      rows as plain values
vulnerability   one vulnerability on the whole estate, in the same sections
"""

from __future__ import annotations

from patchlib.explain.account import Account, as_json, as_text, explain
from patchlib.explain.item import Terms

__all__ = ["Account", "Terms", "as_json", "as_text", "explain"]
