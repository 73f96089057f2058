"""docs/real-account.md says only what is so: commands, settings, states and managed policies."""

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any, get_args

import botocore
import pytest
import typer.main

from patchlib import paths, queries, shapes
from patchlib.cli import app
from patchlib.cloudformation import template
from patchlib.manifest import CellState
from patchlib.policy import lacking, managed_policies, policy_document
from patchlib.reports.definition import ReportDefinition
from patchlib.settings import Settings
from patchlib.terms import Stack

FOLDER = Path(__file__).resolve().parent.parent / "docs"
PAGE = (FOLDER / "real-account.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", PAGE, flags=re.DOTALL)
# Of the AWS command line, what is no operation of an API.
AWS_CUSTOM = {("sso", "login")}


def lines(program: str) -> list[list[str]]:
    """Every command of a program on the page, in blocks and in running text, in words."""
    found = [line for language, text in BLOCKS if not language for line in text.splitlines()]
    found += re.findall(rf"`({program} [^`]+)`", PAGE)
    return [words for line in found if (words := shlex.split(line, comments=True))[:1] == [program]]


def section(title: str) -> str:
    """The text of a section."""
    return PAGE.partition(f"## {title}")[2].partition("\n## ")[0]


@pytest.mark.parametrize("words", lines("patchlib"), ids=" ".join)
def test_every_command_parses(words: list[str]) -> None:
    """Command, arguments and options are those of the command line, with values of their type."""
    root: Any = typer.main.get_command(app)
    words = words[: words.index(">")] if ">" in words else words
    root.commands[words[1]].make_context(words[1], words[2:])


@pytest.mark.parametrize("words", lines("patchlib"), ids=" ".join)
def test_every_query_and_report_exists(words: list[str]) -> None:
    """What a command names is in the project."""
    if words[1] == "query":
        assert queries.load(words[2]).columns
    if words[1] == "report" and len(words) > 2:
        assert (paths.reports_folder() / f"{words[2]}.toml").exists()


@pytest.mark.parametrize("words", lines("aws"), ids=lambda words: " ".join(words[:3]))
def test_every_aws_command_exists(words: list[str]) -> None:
    """The operation and its options are in botocore's model, as the AWS command line derives them from there."""
    service, command, *arguments = words[1:]
    if (service, command) in AWS_CUSTOM:
        return
    names = {botocore.xform_name(name, "-"): name for name in shapes.service_model(service).operation_names}
    inputs = shapes.operation_model(service, names[command]).input_shape.members
    options = {f"--{botocore.xform_name(member, '-')}" for member in inputs}
    assert {word for word in arguments if word.startswith("--")} <= options


def test_the_settings_are_settings() -> None:
    """Every TOML block is accepted whole."""
    blocks = [text for language, text in BLOCKS if language == "toml"]
    assert blocks
    for text in blocks:
        Settings.model_validate(tomllib.loads(text))
    part = next(line for line in PAGE.splitlines() if line.startswith("A part of the organisation"))
    assert {"organizational_units", "except_accounts", "roles"} == set(re.findall(r"`([a-z_]{4,})`", part))
    assert set(re.findall(r"`([a-z_]{4,})`", part)) <= set(Settings.model_fields)


def test_every_parameter_of_a_template_exists() -> None:
    """A mistyped ParameterKey would fail the stack."""
    named = set(re.findall(r"ParameterKey=(\w+)", PAGE))
    assert named
    assert named <= set(template(Stack.MEMBER)["Parameters"])


def test_every_ledger_state_is_explained() -> None:
    """Each state of the ledger has a line, and no line is of a state that there is not."""
    explained = re.findall(r"^\| `(\w+)` \|", section("What each blind spot means"), flags=re.MULTILINE)
    assert len(explained) == len(set(explained))
    assert set(explained) == set(get_args(CellState))


def test_what_managed_policies_lack_is_as_tabulated() -> None:
    """The page's words on AWS's managed policies follow from the table and the catalogue."""
    rung = section("Rung 1")
    for name, (version, _) in managed_policies().items():
        number, _, created = version.partition(" of ")
        assert f"{name}` ({number}, {created})" in rung or f"{name} ({number}, {created})" in rung
    audit = next(line for line in rung.splitlines() if line.startswith("What it lacks"))
    left = {
        action
        for statement in lacking(policy_document(), "SecurityAudit")["Statement"]
        for action in statement["Action"]
    }
    assert set(re.findall(r"`(ssm:\w+)`", audit)) <= left
    view = managed_policies()["ViewOnlyAccess"][1]
    assert {pattern for pattern in view if pattern.startswith("ssm:")} == {"ssm:ListAssociations", "ssm:ListDocuments"}
    assert {"ssm:Get*", "s3:Get*"} <= managed_policies()["ReadOnlyAccess"][1]


def test_what_the_page_promises_of_reports_is_there() -> None:
    """expected_blind is a key of a report's definition."""
    assert "expected_blind" in ReportDefinition.model_fields


def test_facts_from_outside_name_their_page() -> None:
    """Every link goes to AWS's or boto3's documentation, to a place on this page or to a page beside it."""
    for target in re.findall(r"\]\(([^)]+)\)", PAGE):
        if (FOLDER / target).exists():
            continue
        assert target.startswith(("https://docs.aws.amazon.com/", "https://boto3.amazonaws.com/", "#")), target
