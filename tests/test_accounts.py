"""Which accounts are read: by list, by organisation, by unit, and never with somebody else's credentials."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from patchlib.accounts import choose_accounts, refuse_without_role
from patchlib.errors import PatchlibError, RunCutShort, SettingInvalid, SettingUnconfirmed
from patchlib.sandbox.faults import AccessDenied, Fault, Faults, ServerError, ServiceRefuses
from patchlib.settings import Settings
from tests import estate

OWN, A, B, C, CLOSED = (f"2100000000{n:02d}" for n in range(1, 6))
ROOT, WORK, PROD, TEST = "r-ab12", "ou-ab12-11111111", "ou-ab12-22222222", "ou-ab12-33333333"
# root > work > prod; root > test
KEPT: dict[str, Any] = {
    "organizations_account": [
        *({"Id": account, "State": "ACTIVE"} for account in (OWN, A, B, C)),
        {"Id": CLOSED, "State": "SUSPENDED"},
    ],
    "organizations_root": [{"Id": ROOT}],
    "organizations_unit": [
        {"Id": WORK, "parent_id": ROOT},
        {"Id": PROD, "parent_id": WORK},
        {"Id": TEST, "parent_id": ROOT},
    ],
    "organizations_unit_account": [
        {"Id": OWN, "parent_id": ROOT},
        {"Id": A, "parent_id": WORK},
        {"Id": B, "parent_id": PROD},
        {"Id": C, "parent_id": TEST},
        {"Id": CLOSED, "parent_id": PROD},
    ],
}


def _settings(**given: Any) -> Settings:
    return Settings.model_validate({"accounts": "organization", "role": "Reader"} | given)


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ((), [OWN, A, B, C]),
        ((WORK,), [A, B]),
        ((PROD,), [B]),
        ((PROD, TEST), [B, C]),
        ((ROOT,), [OWN, A, B, C]),
    ],
)
def test_units_are_followed_downward(units: tuple[str, ...], expected: list[str]) -> None:
    """An account counts when its unit, or one above it, is named; a root names all."""
    active, _ = choose_accounts(_settings(organizational_units=units), OWN, KEPT)
    assert active == expected


def test_inactive_accounts_are_told_apart_also_below_a_unit() -> None:
    """An account that is not active is not tried, and not forgotten."""
    assert choose_accounts(_settings(organizational_units=(WORK,)), OWN, KEPT) == ([A, B], [CLOSED])
    assert choose_accounts(_settings(except_accounts=(CLOSED, A)), OWN, KEPT) == ([OWN, B, C], [])


def test_a_unit_that_does_not_exist_is_refused() -> None:
    """A mistyped unit must never become an empty fleet."""
    with pytest.raises(SettingInvalid, match="no unit ou-ab12-99999999"):
        choose_accounts(_settings(organizational_units=("ou-ab12-99999999",)), OWN, KEPT)


@pytest.mark.parametrize("lost", ["organizations_unit", "organizations_unit_account"])
def test_units_that_cannot_be_listed_are_a_setting_at_fault(lost: str) -> None:
    """Without the tree nobody knows which accounts are meant."""
    known = {name: rows for name, rows in KEPT.items() if name != lost}
    with pytest.raises(SettingInvalid, match="list the account ids"):
        choose_accounts(_settings(organizational_units=(WORK,)), OWN, known)


@pytest.mark.parametrize(
    ("operation", "units"),
    [("ListAccounts", ()), ("ListRoots", (WORK,)), ("ListAccountsForParent", (WORK,))],
)
@pytest.mark.parametrize(
    ("fault", "kind", "said", "step"),
    [
        (
            ServiceRefuses(code="TooManyRequestsException", message="wait", status=429),
            RunCutShort,
            "throttled: TooManyRequestsException: wait",
            "Try again later, or lower",
        ),
        (ServerError(times=99), RunCutShort, "could not be listed: error: Internal", "Try again."),
        (AccessDenied(), SettingInvalid, "AccessDeniedException", "list the account ids"),
        (
            ServiceRefuses(code="AWSOrganizationsNotInUseException", message="no organisation"),
            SettingInvalid,
            "disabled: AWSOrganizationsNotInUseException",
            'accounts = "caller"',
        ),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
def test_a_listing_that_does_not_come_says_why(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    operation: str,
    units: tuple[str, ...],
    fault: Fault,
    kind: type[PatchlibError],
    said: str,
    step: str,
) -> None:
    """Only a denial is a matter of rights; a throttle is one of time, and no organisation one of the settings."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _seconds: None)
    hit = fault.model_copy(update={"service": "organizations", "operation": operation})
    served = estate.endpoint(Faults(fault=(hit,)), ListRoots=lambda _call: {"Roots": [{"Id": ROOT}]})
    settings = estate.SETTINGS.model_copy(update={"organizational_units": units})
    with pytest.raises(kind) as caught:
        estate.take(served, tmp_path, settings=settings)
    assert said in caught.value.what
    assert step in caught.value.next_step


def test_a_role_for_one_account_is_enough_for_that_account() -> None:
    """`roles` stands in for `role`, account by account."""
    settings = Settings.model_validate({"accounts": [OWN, A], "roles": {A: "Reader"}})
    refuse_without_role(settings, OWN, [OWN, A])
    with pytest.raises(SettingInvalid, match=B):
        refuse_without_role(settings, OWN, [OWN, A, B])


STRANGER = "210000000099"


@pytest.mark.parametrize(
    "alone",
    [{"except_accounts": [STRANGER]}, {"roles": {STRANGER: "Other"}}, {"external_ids": {STRANGER: "a-word"}}],
    ids=["except_accounts", "roles", "external_ids"],
)
def test_what_is_set_for_an_account_that_is_not_there_is_said(alone: dict[str, Any]) -> None:
    """It leaves nothing out and lends no role, so the setting and the id are named; never the external id.

    The account may have left since it was set apart: the run of every week goes on.
    """
    (name,) = alone
    with pytest.warns(SettingUnconfirmed, match=f"{name} names account {STRANGER}.*does not have") as warned:
        assert choose_accounts(_settings(**alone), OWN, KEPT) == choose_accounts(_settings(), OWN, KEPT)
    assert "a-word" not in str(warned[0].message)


def test_a_slip_of_one_digit_is_refused_with_the_id_that_was_meant() -> None:
    """What looks mistyped must not be silently without effect."""
    with pytest.raises(SettingInvalid, match=f"Did you mean {A}"):
        choose_accounts(_settings(except_accounts=[A.replace("21", "31", 1)]), OWN, KEPT)


@pytest.mark.parametrize("known", [A, CLOSED])
def test_what_is_set_for_an_account_of_the_organisation_stands(known: str) -> None:
    """Also for one that this run does not read: the doctor may, and a closed one may be opened."""
    alone = {"roles": {known: "Other"}, "external_ids": {known: "a-word"}}
    assert choose_accounts(_settings(accounts=[OWN, B], **alone), OWN, KEPT) == ([OWN, B], [])
    assert choose_accounts(_settings(accounts="caller", **alone), OWN, KEPT) == ([OWN], [])


def test_without_a_listing_it_is_a_warning() -> None:
    """Nobody can say whether the account is there; one that is named to be read, and the caller's, need no listing."""
    outside = {OWN: "Other", B: "Other"}
    assert choose_accounts(_settings(accounts=[A, B], roles=outside), OWN, {}) == ([A, B], [])
    with pytest.warns(SettingUnconfirmed, match=f"roles names account {STRANGER}"):
        choose_accounts(_settings(accounts=[A, B], roles={STRANGER: "Other"}), OWN, {})
