"""Settings are validated whole, and a fault names its key."""

import traceback
from pathlib import Path

import pytest

from patchlib.errors import SettingInvalid
from patchlib.paths import sandbox_settings
from patchlib.settings import Rates, Settings, load_settings


def _settings(folder: Path, text: str) -> Settings:
    path = folder / "patchlib.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


def test_without_a_file_the_callers_account_is_read() -> None:
    """No settings: the caller's own account, its enabled Regions, a careful rate."""
    settings = load_settings(None)
    assert (settings.accounts, settings.regions, settings.role) == ("caller", "enabled", None)
    assert settings.rates.of("ssm", "DescribeInstancePatches") == 10.0


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("regoins = ['eu-central-1']", "regoins: no such key; did you mean regions?"),
        ("accounts = ['12']", "accounts.0"),
        ("regions = ['mars-1']", "mars-1"),
        ("regions = ['eu-west-33']", "perhaps eu-west-3"),
        ("home_region = 'eu-centrl-1'", "perhaps eu-central-1"),
        ("[rates]\ndefault = 0", "rates.default"),
        ("[[exclusions]]\nreason='r'\nowner='o'\nexpires_on=2027-01-01", "node_id"),
        ("[[exclusions]]\nnode_id='i-1'\nreason='r'\nexpires_on=2027-01-01", "exclusions.0.owner"),
        ("service_tags = ['Application', 'Application']", "service_tags: a name stands there twice"),
        ("service_tags = ['']", "service_tags.0"),
        ("accounts = ", "TOML"),
        ("[rates]\nceilling = 3", "rates.ceilling: no such key; did you mean ceiling?"),
        ("[rates.operations]\n'ssm:ListNodes' = 0", "rates.operations.ssm:ListNodes"),
        ("roles = {'12' = 'Reader'}", "roles.12"),
        ("roles = {210000000001 = 'a role'}", "roles.210000000001"),
        ("external_ids = {210000000001 = '1'}", "external_ids.210000000001"),
        ("organizational_units = ['ou-ab12-cdefgh34']", 'organizational_units goes with accounts = "organization"'),
        ("accounts = 'organization'\norganizational_units = ['web']", "organizational_units.0"),
        ("accounts = ['210000000001']\nexcept_accounts = ['210000000001']", "except_accounts goes with"),
    ],
)
def test_a_fault_is_one_line_that_names_the_key(tmp_path: Path, text: str, named: str) -> None:
    """A misspelt key, an impossible value and broken TOML are refused, not guessed at."""
    with pytest.raises(SettingInvalid) as caught:
        _settings(tmp_path, text)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    """A settings file that is not there is an error with the path."""
    with pytest.raises(SettingInvalid, match=r"absent\.toml"):
        load_settings(tmp_path / "absent.toml")


def test_the_external_id_never_leaves_the_settings(tmp_path: Path) -> None:
    """What a manifest shows of the settings holds no external id."""
    settings = _settings(tmp_path, "role='Reader'\nexternal_id='canary-1234'")
    assert "canary" not in repr(settings)
    assert "canary" not in str(settings.public())
    assert settings.public()["external_id"] == "set"


def test_an_account_may_have_its_own_role_and_external_id(tmp_path: Path) -> None:
    """What is named for an account goes before what is named for all; its external id is shown to nobody."""
    text = """
role = "Reader"
external_id = "canary-all"
[roles]
210000000002 = "/teams/web/PatchReader"
[external_ids]
210000000003 = "canary-one"
"""
    settings = _settings(tmp_path, text)
    assert settings.role_of("210000000001") == settings.role_of("210000000003") == "Reader"
    assert settings.role_of("210000000002") == "teams/web/PatchReader"
    assert settings.external_id_of("210000000002") == "canary-all"
    assert settings.external_id_of("210000000003") == "canary-one"
    assert "canary" not in repr(settings)
    assert "canary" not in str(settings.public())
    assert settings.public()["external_ids"] == {"210000000003": "set"}
    assert Settings().role_of("210000000001") is None


def test_an_organisation_may_be_read_in_part(tmp_path: Path) -> None:
    """Units, roots and accounts to leave out narrow what Organizations lists."""
    text = """
accounts = "organization"
organizational_units = ["ou-ab12-cdefgh34", "r-ab12"]
except_accounts = ["210000000009"]
"""
    settings = _settings(tmp_path, text)
    assert settings.organizational_units == ("ou-ab12-cdefgh34", "r-ab12")
    assert settings.public()["except_accounts"] == ["210000000009"]


def test_a_default_beyond_a_bound_moves_it() -> None:
    """Settings of before there were bounds go on working; what is fixed by hand is its own ceiling."""
    assert Rates(default=100).bounds("ssm", "ListNodes") == (100, 0.5, 100)
    assert Rates(default=0.1).bounds("ssm", "ListNodes") == (0.1, 0.1, 20)
    assert Rates(operations={"ssm:ListNodes": 0.2}).bounds("ssm", "ListNodes") == (0.2, 0.2, 0.2)
    assert Rates().bounds("ssm", "ListNodes") == (10, 0.5, 20)


def test_operations_may_have_their_own_rate(tmp_path: Path) -> None:
    """One operation can be slowed without slowing the rest."""
    settings = _settings(tmp_path, '[rates]\ndefault=5\noperations={"ssm:ListNodes"=1.5}')
    assert (settings.rates.of("ssm", "ListNodes"), settings.rates.of("ec2", "DescribeImages")) == (1.5, 5.0)


def test_the_sandbox_has_valid_settings() -> None:
    """The settings that ship for the sandbox organisation are valid."""
    assert load_settings(sandbox_settings()).role == "PatchlibReader"


def test_regions_of_every_partition_are_known(tmp_path: Path) -> None:
    """China and GovCloud are Regions too."""
    settings = _settings(tmp_path, "regions = ['cn-north-1', 'us-gov-west-1', 'eu-central-1']")
    assert len(settings.regions) == 3


@pytest.mark.parametrize("key", ["accounts", "regions"])
def test_a_cell_named_twice_is_refused(tmp_path: Path, key: str) -> None:
    """Two cells of one account and Region would write to the same files."""
    value = {"accounts": "210000000001", "regions": "eu-central-1"}[key]
    path = tmp_path / "patchlib.toml"
    path.write_text(f'{key} = ["{value}", "{value}"]', encoding="utf-8")
    with pytest.raises(SettingInvalid, match=rf"{key}.*twice"):
        load_settings(path)


@pytest.mark.parametrize(
    "line",
    [
        'externalid = "s3cret"',
        'external_id = ["s3cret"]',
        "external_ids = {210000000001 = 's3cret not allowed'}",
        "external_ids = {acme = 's3cret'}",
    ],
)
def test_a_mistyped_secret_is_in_no_traceback(tmp_path: Path, line: str) -> None:
    """What `--debug` shows names the setting and not its value."""
    path = tmp_path / "patchlib.toml"
    path.write_text(line, encoding="utf-8")
    with pytest.raises(SettingInvalid) as caught:
        load_settings(path)
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))
