"""Promises of the site's own files."""

from __future__ import annotations

import re

import pytest

from patchlib.site import asset


@pytest.mark.parametrize("name", ["report.css", "report.js", "lab.css"])
def test_no_file_of_the_site_names_another_host(name: str) -> None:
    """Style and script ask the network for nothing."""
    assert not re.search(r"https?://|@import|url\(|fetch\(|XMLHttpRequest|import\(", asset(name))


def test_dark_and_print_define_every_colour_that_light_does() -> None:
    """A colour variable that one of the three sets forgets would be unreadable there."""
    css = asset("report.css")
    blocks = [set(re.findall(r"(--[a-z]+):", block)) for block in re.findall(r":root[^{]*\{([^}]*)\}", css)]
    light, colours = blocks[0], blocks[0] - {"--mono", "--sans"}
    assert len(blocks) == 4
    assert light
    assert all(colours <= block for block in blocks)
