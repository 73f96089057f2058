"""Promises of keyed draws."""

import numpy as np
import pytest

from patchlib.sandbox.world.draws import Draws


def test_same_key_same_number() -> None:
    """A draw depends on seed and parts only, not on what was drawn before."""
    first, second = Draws(7), Draws(7)
    second.uniform("something", "else")
    assert first.uniform("a", 1) == second.uniform("a", 1)


def test_known_value() -> None:
    """A draw is the same on every machine and in every version."""
    assert Draws(7).key("node", "i-1") == 13177842883845885295


def test_parts_are_told_apart() -> None:
    """("ab", "c") and ("a", "bc") are different keys."""
    assert Draws(1).key("ab", "c") != Draws(1).key("a", "bc")


def test_seed_matters() -> None:
    """Another seed draws other numbers."""
    assert Draws(1).uniform("a") != Draws(2).uniform("a")


def test_table_rows_do_not_depend_on_neighbours() -> None:
    """A node's numbers are the same alone and among others, whatever patches are added."""
    draws = Draws(7)
    nodes, patches = draws.keys("node", ["n1", "n2", "n3"]), draws.keys("patch", ["p1", "p2"])
    table = draws.uniforms("delay", nodes, patches)
    alone = draws.uniforms("delay", nodes[1:2], patches[:1])
    assert table[1, 0] == alone[0, 0]


def test_uniforms_are_uniform() -> None:
    """The largest gap to the uniform law is within a Dvoretzky-Kiefer-Wolfowitz band (alpha 1e-6)."""
    draws = Draws(11)
    names = [str(number) for number in range(300)]
    values = np.sort(draws.uniforms("x", draws.keys("r", names), draws.keys("c", names)).ravel())
    n = len(values)
    gap = np.abs(values - (np.arange(n) + 0.5) / n).max()
    assert gap < np.sqrt(np.log(2 / 1e-6) / (2 * n)) + 1 / n


def test_between_reaches_both_ends() -> None:
    """`between` includes its bounds and nothing outside."""
    draws = Draws(5)
    assert {draws.between(1, 3, number) for number in range(200)} == {1, 2, 3}


@pytest.mark.parametrize("digits", [7, 16, 32])
def test_hexadecimal_has_its_length(digits: int) -> None:
    """Ids have exactly the digits asked for."""
    found = Draws(5).hexadecimal(digits, "id")
    assert len(found) == digits
    assert int(found, 16) >= 0


def test_uuid_is_one() -> None:
    """UUIDs are of version 4 in form."""
    assert Draws(5).uuid("x")[14] == "4"
