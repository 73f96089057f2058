"""What the settings say and the organisation does not confirm: refused or said by extract, its plan and the doctor."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from patchlib import queries
from patchlib.cli import main
from patchlib.sandbox.endpoint import ServiceError
from patchlib.sandbox.http import serve
from patchlib.sandbox.process import caller_environment
from patchlib.store import connect
from tests import estate

Run = Callable[..., tuple[int, str, str]]
COMMANDS = (("extract", "--store", "own.duckdb"), ("extract", "--dry-run"), ("doctor",))
WHOLE = f'accounts = "organization"\nrole = "Reader"\nhome_region = "{estate.REGIONS[0]}"\n'
QUICK = "[rates]\ndefault = 100000\nburst = 1000\n"
STRANGER = "210000000099"
MISTYPED = estate.MEMBER.replace("21", "31", 1)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line with settings, in an empty folder; returns exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PATCHLIB_STORE", raising=False)

    def running(settings: str, *arguments: str) -> tuple[int, str, str]:
        Path("own.toml").write_text(settings + QUICK, encoding="utf-8")
        with pytest.raises(SystemExit) as ended:
            main([*arguments, "--settings", "own.toml"])
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return running


@pytest.fixture
def served(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The small organisation with its units over HTTP; a parameter names operations that it refuses."""

    def refuse(_call: object) -> dict[str, object]:
        raise ServiceError("AccessDeniedException", "You don't have permissions to access this resource.")

    changed = estate.tree() | dict.fromkeys(getattr(request, "param", ()), refuse)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    with serve(estate.endpoint(**changed)) as url:
        for name, value in caller_environment(url, estate.MANAGEMENT, estate.REGIONS[0]).items():
            monkeypatch.setenv(name, value)
        yield


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ('organizational_units = ["ou-ab12-99999999"]\n', "no unit ou-ab12-99999999 (organizational_units)"),
        (f'except_accounts = ["{MISTYPED}"]\n', f"no account {MISTYPED} (except_accounts)"),
        (f'roles = {{ "{MISTYPED}" = "Other" }}\n', f"no account {MISTYPED} (roles)"),
        (f'external_ids = {{ "{MISTYPED}" = "a-word" }}\n', f"no account {MISTYPED} (external_ids)"),
    ],
    ids=["unit", "except_accounts", "roles", "external_ids"],
)
def test_what_the_organisation_does_not_have_is_refused_by_each_command(
    run: Run, command: tuple[str, ...], setting: str, says: str
) -> None:
    """One line with what and where, exit code 2, and no store: the plan and the doctor say what the run would."""
    code, out, err = run(WHOLE + setting, *command)
    assert (code, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1
    assert "a-word" not in err
    assert not Path("own.duckdb").exists()


@pytest.mark.parametrize("served", [("ListAccounts",)], indirect=True)
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_what_nobody_can_confirm_is_a_warning(run: Run, served: None, command: tuple[str, ...]) -> None:
    """A role for an account nobody named, in an organisation that cannot be listed, is said once, and work goes on."""
    listed = (
        f'accounts = ["{estate.MANAGEMENT}", "{estate.MEMBER}"]\nrole = "Reader"\nregions = ["{estate.REGIONS[0]}"]\n'
    )
    code, out, err = run(
        f'{listed}home_region = "{estate.REGIONS[0]}"\nroles = {{ "{STRANGER}" = "Other" }}\n', *command
    )
    assert code == 0
    assert out
    warned = [line for line in err.splitlines() if STRANGER in line]
    assert len(warned) == 1
    assert warned[0].startswith(f"patchlib: roles names account {STRANGER}")


@pytest.mark.usefixtures("served")
def test_an_exclusion_that_has_ended_is_said_and_leaves_nothing_out(run: Run) -> None:
    """On standard error with target, last day and owner, before the run; its node counts again."""
    over, in_force = estate.node_ids(estate.MANAGEMENT, estate.REGIONS[0])[:2]
    rules = f"""
home_region = "{estate.REGIONS[0]}"
[[exclusions]]
node_id = "{over}"
reason = "migration"
owner = "team-a"
expires_on = {estate.AS_OF.date() - timedelta(days=1)}
[[exclusions]]
node_id = "{in_force}"
reason = "vendor appliance"
owner = "team-b"
expires_on = {estate.AS_OF.date()}
"""
    code, _, err = run(rules, "extract", "--store", "own.duckdb")
    assert code == 0
    said = [line for line in err.splitlines() if "exclusion" in line]
    assert said == [
        f"patchlib: the exclusion of node {over} ended on 2026-11-01, so its nodes count again: "
        "renew it or take it out (owner team-a)"
    ]
    with connect(Path("own.duckdb"), read_only=True) as store:
        nodes = queries.run(
            store, "fleet/node_coverage", as_of=estate.AS_OF.replace(tzinfo=None), stale_after_days=7,
            scan_interval_hours=24,
        ).set_index("node_id")["coverage_state"]  # fmt: skip
    assert (nodes[over], nodes[in_force]) == ("fresh", "excluded")
