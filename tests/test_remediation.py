"""Policies and exceptions: named, owned, dated, or refused with what to do."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from patchlib import paths
from patchlib.errors import SettingInvalid
from patchlib.remediation import FACTS, AcceptedRisk, list_policies, load_exceptions, load_policy, named_policy

OWN = """
title = "Ours"
owner = "platform"
effective_date = 2026-01-01
source = "Security handbook, chapter 4"
read_date = 2026-10-01
binds = "all teams"
clock = "approved"

[[rules]]
severities = ["Critical"]
environments = ["prod"]
days = 7

[[rules]]
days = 30
"""


def written(folder: Path, text: str, name: str = "ours.toml") -> Path:
    """A file with that text."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", list_policies())
def test_every_template_can_be_named_and_binds_nobody_before(name: str) -> None:
    """It has a source and a date, and no owner of its own."""
    with pytest.raises(SettingInvalid, match=r"has no owner.*-p policy_owner=NAME.*--policy-owner NAME"):
        load_policy(name, clock="released")
    try:
        policy = load_policy(name, owner="platform")
    except SettingInvalid as error:
        # a template may leave the clock to who names it
        assert "no clock" in str(error)  # noqa: PT017
        assert "`--policy-clock CLOCK` to explain" in str(error)  # noqa: PT017
        policy = load_policy(name, owner="platform", clock="released")
    assert (policy.name, policy.owner) == (name, "platform")
    assert policy.effective_date <= policy.read_date


def test_the_shipped_templates() -> None:
    """Three, each for what its source gives a figure for."""
    assert list_policies() == ("cis-v8-7.7", "cisa-bod-26-04", "pci-dss-6.3.3")
    pci = load_policy("pci-dss-6.3.3", owner="payments")
    assert [(rule.severities, rule.limit) for rule in pci.rules] == [(("Critical",), "1 month")]
    assert load_policy("cis-v8-7.7", owner="it").clock == "first observed"


def test_the_directive_has_one_answer_for_each_of_sixteen_cases() -> None:
    """All combinations of four facts, once; the counts of the published table; it replaces the two before it."""
    bod = load_policy("cisa-bod-26-04", owner="ciso", clock="released")
    cases = [tuple(getattr(rule, fact) for fact in FACTS) for rule in bod.rules]
    assert len(set(cases)) == 16
    assert all(answer is not None for case in cases for answer in case)
    limits = Counter(rule.limit + ("+" if rule.also else "") for rule in bod.rules)
    assert limits == {"14 days": 6, "60 days": 3, "3 days+": 3, "3 days": 2, "until next major upgrade": 2}
    assert bod.replaces == ("BOD 22-01", "BOD 19-02")
    assert "US federal civilian" in bod.binds


def test_the_directive_never_gives_more_time_for_a_worse_case() -> None:
    """Turning any answer from no to yes never moves the deadline later."""
    rules = load_policy("cisa-bod-26-04", owner="ciso", clock="released").rules
    days = {tuple(getattr(rule, fact) for fact in FACTS): rule.days or 0 if rule.days else 9999 for rule in rules}
    for case, limit in days.items():
        for at in range(len(case)):
            worse = (*case[:at], True, *case[at + 1 :])
            assert days[worse] <= limit, (case, worse)


def test_a_policy_of_ones_own(tmp_path: Path) -> None:
    """A file says its owner and clock itself, and is not overruled."""
    path = written(tmp_path, OWN)
    policy = load_policy(str(path))
    assert (policy.name, policy.owner, policy.clock) == ("ours", "platform", "approved")
    assert [rule.limit for rule in policy.rules] == ["7 days", "30 days"]
    with pytest.raises(SettingInvalid, match="clock is 'approved', not 'released'"):
        load_policy(str(path), clock="released")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("days = 7", "", "write one of days, months and until"),
        ("days = 7", "days = 7\nmonths = 1", "write one of days, months and until"),
        ("days = 7", "dais = 7", "Did you mean days?"),
        ('severities = ["Critical"]\nenvironments = ["prod"]\n', "", "rule 1 holds for everything"),
        ('clock = "approved"', 'clock = "patched"', "clock: "),
        ('title = "Ours"', "", "title is missing"),
        ("[[rules]]", "[[rules", "not TOML"),
    ],
)
def test_a_policy_that_cannot_be_used_says_why(tmp_path: Path, old: str, new: str, says: str) -> None:
    """What, where, next step."""
    path = written(tmp_path, OWN.replace(old, new, 1))
    with pytest.raises(SettingInvalid) as caught:
        load_policy(str(path))
    assert says in str(caught.value)
    assert str(path) in str(caught.value)


def test_no_name_is_no_policy() -> None:
    """Nothing is on by default."""
    assert named_policy("") is None
    assert named_policy("pci-dss-6.3.3", owner="payments") == load_policy("pci-dss-6.3.3", owner="payments")


def test_a_name_that_is_none_and_a_file_that_is_not_there(tmp_path: Path) -> None:
    """The nearest template is offered."""
    with pytest.raises(SettingInvalid, match=r"Did you mean pci-dss-6\.3\.3\?"):
        load_policy("pci-dss-6.3.2", owner="x")
    with pytest.raises(SettingInvalid, match="cannot read the policy"):
        load_policy(str(tmp_path / "none.toml"), owner="x")


EXCEPTION = 'owner = "db-team"\nreason = "vendor certifies in spring"\n'


def test_exceptions_have_an_end_and_end_after_it(tmp_path: Path) -> None:
    """The last day is included."""
    text = f'[[exceptions]]\n{EXCEPTION}expires_on = 2026-11-02\nnode_id = "i-1"\ncve_id = "CVE-2026-12345"\n'
    (found,) = load_exceptions(written(tmp_path, text))
    assert found.scope == "CVE-2026-12345 on node i-1"
    assert not found.has_ended(date(2026, 11, 2))
    assert found.has_ended(date(2026, 11, 3))
    assert load_exceptions("") == ()


@pytest.mark.parametrize(
    ("rest", "says"),
    [
        ('node_id = "i-1"', "exceptions.1.expires_on is missing: an exception without an end is refused"),
        ("expires_on = 2027-01-01", "accepts everything everywhere"),
        ('expires_on = 2027-01-01\ntag_key = "Tier"', "go together"),
        ('expires_on = 2027-01-01\nnode_id = "i"\ntag_key = "Tier"\ntag_value = ""', "not both"),
        ('expires_on = 2027-01-01\npatch_ref = "KB1"\ncve_id = "CVE-2026-12345"', "not both"),
        ('expires_on = 2027-01-01\ncve_id = "2026-1"', "exceptions.1.cve_id"),
        ('expires_on = "soon"\nnode_id = "i-1"', "exceptions.1.expires_on"),
    ],
)
def test_an_exception_that_cannot_be_used_is_refused(tmp_path: Path, rest: str, says: str) -> None:
    """Nothing is accepted by mistake."""
    with pytest.raises(SettingInvalid) as caught:
        load_exceptions(written(tmp_path, f"[[exceptions]]\n{EXCEPTION}{rest}\n"))
    assert says in str(caught.value)


def test_scopes_in_words() -> None:
    """What a page shows."""
    made = {"owner": "o", "reason": "r", "expires_on": date(2027, 1, 1)}
    assert AcceptedRisk(**made, patch_ref="KB1").scope == "KB1 on every node"
    assert AcceptedRisk(**made, tag_key="Tier", tag_value="lab").scope == "every patch on tag Tier=lab"


def test_the_examples_and_names_of_the_guide_are_so(tmp_path: Path) -> None:
    """docs/deadlines.md: its two files can be used as they stand, its templates are those that ship."""
    guide = (paths.policies_folder().parents[1] / "docs" / "deadlines.md").read_text(encoding="utf-8")
    policy, exceptions = re.findall(r"```toml\n(.*?)```", guide, flags=re.DOTALL)
    assert load_policy(str(written(tmp_path, policy))).owner == "platform-security"
    assert [each.owner for each in load_exceptions(written(tmp_path, exceptions))] == ["warehouse", "web"]
    assert sorted(re.findall(r"^\| `([\w.-]+)` \|", guide, flags=re.MULTILINE)) == list(list_policies())
