"""Which listings of baselines and patch groups follow from which rows."""

import pytest

from patchlib.sources import SOURCES, source
from tests.sources.asking import context

ID = "pb-0123456789abcdef0"
ARN = f"arn:aws:ssm:eu-central-1:075727635805:patchbaseline/{ID}"


@pytest.mark.parametrize("name", ["ssm_patch_baseline_detail", "ssm_effective_patch"])
@pytest.mark.parametrize("listed", [ID, ARN])
@pytest.mark.parametrize("scanned", [ID, ARN])
def test_a_baseline_in_force_is_read_however_it_is_named(name: str, listed: str, scanned: str) -> None:
    """An AWS-owned baseline has an ARN in one answer and its id in another; it is asked for as the listing names it."""
    baseline = {"BaselineId": listed, "BaselineName": "AWS-DefaultPatchBaseline", "OperatingSystem": "WINDOWS"}
    other = baseline | {"BaselineId": ARN.replace("pb-0", "pb-1")}
    remembered = {
        "ssm_patch_baseline": [other, baseline],
        "ssm_patch_state": [{"InstanceId": "i-1", "BaselineId": scanned}, {"InstanceId": "i-2"}],
        "ssm_patch_group": [],
    }
    assert [request.params for request in source(name).requests(context(**remembered))] == [{"BaselineId": listed}]


@pytest.mark.parametrize("grouped", [ID, ARN])
def test_a_baseline_of_a_patch_group_is_read(grouped: str) -> None:
    """Also where no node has been scanned by it yet."""
    remembered = {
        "ssm_patch_baseline": [{"BaselineId": ARN, "BaselineName": "AWS-DefaultPatchBaseline"}],
        "ssm_patch_state": [],
        "ssm_patch_group": [{"PatchGroup": "web", "BaselineIdentity": {"BaselineId": grouped}}],
    }
    requests = source("ssm_patch_baseline_detail").requests(context(**remembered))
    assert [request.params for request in requests] == [{"BaselineId": ARN}]


def test_a_group_is_asked_once_however_many_systems_it_has() -> None:
    """DescribePatchGroups lists a group once per operating system; its state is one."""
    groups = [{"PatchGroup": "web", "BaselineIdentity": {"BaselineId": "pb-1"}}, {"PatchGroup": "db"}]
    remembered = {"ssm_patch_group": [*groups, groups[0]]}
    requests = source("ssm_patch_group_state").requests(context(**remembered))
    assert [request.params for request in requests] == [{"PatchGroup": "web"}, {"PatchGroup": "db"}]


def test_no_call_asks_for_a_default_baseline() -> None:
    """The listing says which baseline is the default: the source says so, and no source asks again."""
    assert "default" in source("ssm_patch_baseline").least
    assert not [each for each in SOURCES if each.operation == "GetDefaultPatchBaseline"]
