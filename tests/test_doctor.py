"""The doctor: one cheap call per system, and of every refusal who denies it and what to do."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from patchlib.doctor import READABLE, Check, Diagnosis, examine, heading, summary
from patchlib.errors import CredentialsMissing, ParameterInvalid, SettingInvalid
from patchlib.sandbox.endpoint import Call, Endpoint, ServiceError
from patchlib.settings import Settings
from patchlib.sources import ALLOWED, SOURCES, Scope, source
from tests import estate

SETTINGS = Settings(home_region="eu-central-1", role="Reader")
USER = "User: arn:aws:iam::210000000001:user/x is not authorized to perform: ssm:DescribePatchBaselines"


def diagnosis(served: Endpoint, account_id: str | None = None, settings: Settings = SETTINGS) -> Diagnosis:
    """The small organisation examined at its own present."""
    return examine(settings, estate.reader(served, settings), now=estate.AS_OF, account_id=account_id)


def check(found: Diagnosis, system: str) -> Check:
    """The check of one system."""
    return next(each for each in found.checks if each.system == system)


def refusing(code: str, message: str) -> Callable[[Call], dict[str, object]]:
    """A handler that refuses."""

    def refuse(_call: Call) -> dict[str, object]:
        raise ServiceError(code, message, 400)

    return refuse


def test_every_system_is_tried_once_and_readable() -> None:
    """Each system of the catalogue has one line; what needs another listing is not asked and says so."""
    served = estate.endpoint()
    found = diagnosis(served)
    assert [each.system for each in found.checks] == list(dict.fromkeys(source.system for source in SOURCES))
    free = {source.system for source in SOURCES if not source.needs and not source.is_paid}
    readable = {each.system for each in found.checks if each.state == READABLE}
    assert readable <= free
    for each in found.checks:
        assert (each.state == "not asked") == (each.system not in readable)
        assert each.next_step.startswith("A full run asks: ") == (each.state == "not asked")
        assert each.denied_by == ""
    assert {"Identity", "EC2 instances", "Managed nodes", "Patch baselines", "Maintenance windows"} <= readable
    assert found.readable_share == f"{len(readable)} of {len(readable)}"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"is_paid": True}, "AWS charges for the call"),
        ({"needs": ("ssm_managed_node",)}, "it needs ssm_managed_node"),
        ({"service": "s3", "operation": "GetObject"}, "nothing here names its Bucket, Key"),
    ],
)
def test_what_cannot_be_asked_cheaply_says_why(
    monkeypatch: pytest.MonkeyPatch, changed: dict[str, object], says: str
) -> None:
    """Paid calls, details of other listings and objects that nobody named are left to a full run."""
    odd = replace(source("ssm_maintenance_window"), system="Odd", page_size=None, **changed)  # type: ignore[arg-type]
    monkeypatch.setattr("patchlib.doctor.SOURCES", (*SOURCES, odd))
    served = estate.endpoint()
    assert check(diagnosis(served), "Odd") == Check("Odd", odd.action, "not asked", "", f"A full run asks: {says}.")
    assert served.requests.count("GetObject") == 0


def test_the_whole_costs_little() -> None:
    """One call per system, the account listing, and what the call plan asks: no fleet is read."""
    served = estate.endpoint()
    found = diagnosis(served)
    asked = sum(each.state == READABLE for each in found.checks)
    assert served.requests.total <= asked + 5


def test_only_operations_of_the_catalogue_leave() -> None:
    """What was asked is in the list that the guard holds."""
    served = estate.endpoint()
    diagnosis(served, estate.MEMBER)
    assert {(cell.service, cell.operation) for cell in served.requests.counts} <= ALLOWED


def test_who_and_where() -> None:
    """Identity, partition, organisation, accounts and the clocks' difference."""
    reader = estate.reader(estate.endpoint(), SETTINGS)
    found = examine(SETTINGS, reader, now=estate.AS_OF + timedelta(seconds=42))
    assert found.caller_arn == f"arn:aws:iam::{estate.MANAGEMENT}:user/sandbox"
    assert (found.account_id, found.partition, found.region) == (estate.MANAGEMENT, "aws", "eu-central-1")
    assert (found.organization, found.accounts) == ("o-sandbox0001", 3)
    assert found.clock_ahead_seconds == 42
    words = dict(heading(found))
    assert words["organisation"] == "o-sandbox0001"
    assert words["accounts"] == "3 active"
    assert words["clock"].startswith("42 s ahead of")


def test_without_an_organisation() -> None:
    """An account of its own says so; nothing fails."""
    message = "Your account is not a member of an organization."
    refuse = refusing("AWSOrganizationsNotInUseException", message)
    found = diagnosis(estate.endpoint(DescribeOrganization=refuse, ListAccounts=refuse))
    assert found.organization == "none: the account belongs to no organisation"
    assert found.accounts is None
    assert dict(heading(found))["accounts"].startswith("unknown")


def test_an_unlistable_organisation_leaves_the_plan_unknown() -> None:
    """A run over the organisation cannot be counted without its accounts, and unknown is not nothing."""
    settings = SETTINGS.model_copy(update={"accounts": "organization"})
    message = f"{USER} because no identity-based policy allows the organizations:ListAccounts action"
    found = diagnosis(estate.endpoint(ListAccounts=refusing("AccessDeniedException", message)), settings=settings)
    assert (found.planned_calls, found.planned_minutes) == (None, None)
    assert "unknown" in summary(found)[-1]


def test_the_plan_is_of_the_units_that_the_settings_name() -> None:
    """Fewer accounts, fewer calls; a unit that cannot be listed leaves it unknown, one that is not there is refused."""
    whole = estate.SETTINGS
    work = whole.model_copy(update={"organizational_units": (estate.PRODUCTION,)})
    served = estate.endpoint(**estate.tree())
    all_of_it, part = diagnosis(served, settings=whole).planned_calls, diagnosis(served, settings=work).planned_calls
    assert all_of_it is not None
    assert part is not None
    assert part < all_of_it
    refused = refusing("AccessDeniedException", "You don't have permissions to access this resource.")
    blind = estate.endpoint(**{**estate.tree(), "ListOrganizationalUnitsForParent": refused})
    assert diagnosis(blind, settings=work).planned_calls is None
    mistyped = whole.model_copy(update={"organizational_units": ("ou-ab12-99999999",)})
    with pytest.raises(SettingInvalid, match="no unit"):
        diagnosis(served, settings=mistyped)


def test_one_refused_system_is_named_with_its_denier() -> None:
    """The others stay readable."""
    message = f"{USER} because no identity-based policy allows the ssm:DescribePatchBaselines action"
    found = diagnosis(estate.endpoint(DescribePatchBaselines=refusing("AccessDeniedException", message)))
    refused = check(found, "Patch baselines")
    assert refused.state == "denied"
    assert refused.denied_by == "identity-based policy: none allows ssm:DescribePatchBaselines"
    assert "patchlib policy" in refused.next_step
    assert check(found, "Managed nodes").state == READABLE


def test_a_member_is_tried_through_its_role() -> None:
    """What only the caller's account is asked for is left out."""
    found = diagnosis(estate.endpoint(), estate.MEMBER)
    assert found.checked_account_id == estate.MEMBER
    asked = {source.system for source in SOURCES if source.scope not in {Scope.ORGANIZATION, Scope.ESTATE}}
    assert {each.system for each in found.checks} == asked
    assert dict(heading(found))["checked"].endswith("through the role")


def test_a_shut_door_is_tried_once() -> None:
    """An account whose role cannot be assumed costs one refused call, and every system says why."""
    served = estate.endpoint()
    found = diagnosis(served, estate.DENYING)
    tried = [each for each in found.checks if each.state != "not asked"]
    assert {each.denied_by.partition(":")[0] for each in tried} == {"the role"}
    assert served.requests.count("AssumeRole") == 1


def test_another_account_needs_a_role() -> None:
    """Without one the caller's own account would be shown under the other's name."""
    with pytest.raises(SettingInvalid, match="role"):
        diagnosis(estate.endpoint(), estate.MEMBER, Settings(home_region="eu-central-1"))


@pytest.mark.parametrize("account_id", ["21000000000", "management", "2100000000012"])
def test_what_is_no_account_id_is_refused(account_id: str) -> None:
    """Twelve digits."""
    with pytest.raises(ParameterInvalid, match="account id"):
        diagnosis(estate.endpoint(), account_id)


def test_nobody_is_an_error() -> None:
    """Without an identity there is nothing to say."""
    reader = estate.reader(estate.endpoint(), SETTINGS)

    def nobody() -> None:
        raise CredentialsMissing("no usable AWS credentials")

    reader.caller = nobody  # type: ignore[assignment,method-assign]
    with pytest.raises(CredentialsMissing):
        examine(SETTINGS, reader, now=estate.AS_OF)


@pytest.mark.parametrize(
    ("ahead", "is_aws", "says"),
    [
        (2.0, True, "2 s ahead of the endpoint's"),
        (-400.0, True, "400 s behind the endpoint's: set it"),
        (1e6, False, "need not be the present"),
    ],
)
def test_a_wrong_clock_is_named_before_aws_refuses_it(ahead: float, is_aws: bool, says: str) -> None:
    """Five minutes are AWS's limit; a sandbox keeps its own time."""
    found = Diagnosis("a", "1", "aws", "e", is_aws, ahead, "o", 1, "1", "r", (), 1, 0.1)
    assert says in dict(heading(found))["clock"]


def test_the_summary_tells_a_full_run() -> None:
    """Calls at least, and minutes of the busiest cell, never less than one."""
    found = diagnosis(estate.endpoint())
    assert found.planned_calls is not None
    assert f"at least {found.planned_calls} calls, 1 min" in summary(found)[-1]
