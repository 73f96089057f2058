"""The world's patch policies agree with the associations that carry them out."""

import json

from patchlib.sandbox.organisation import Organisation
from patchlib.sandbox.world.patch_policies import OVERRIDE_KEY, override_text, policies, scan_id


def test_associations_pass_the_policies_objects() -> None:
    """Each policy's object is what one association of its cell is given, and one of the two may be read."""
    estate = Organisation().estate
    found = list(policies(estate))
    assert [policy.is_readable for policy in found] == [True, False]
    for policy in found:
        passed = [
            association.parameters["BaselineOverride"]
            for association in estate.associations[policy.account_id, policy.region]
            if "BaselineOverride" in association.parameters
        ]
        assert passed == [[f"s3://{policy.bucket}/{OVERRIDE_KEY}"]]


def test_an_override_holds_the_baselines_in_force() -> None:
    """For every operating system exactly one baseline, the one that the account's patch groups name anyway: a policy
    changes no patch state."""
    estate = Organisation().estate
    for policy in policies(estate):
        listed = json.loads(override_text(policy))
        systems = [each["OperatingSystem"] for each in listed]
        assert len(set(systems)) == len(systems)
        cell = estate.baselines[policy.account_id, policy.region]
        groups = {system: baseline for (_, system), baseline in cell.groups.items()}
        assert {each["OperatingSystem"]: each["BaselineId"] for each in listed} == groups


def test_a_scan_has_one_command() -> None:
    """The same node at the same end, the same id; another end, another."""
    estate = Organisation(nodes=20).estate
    node = estate.nodes[0]
    assert scan_id(estate.draws, node, 1) == scan_id(estate.draws, node, 1) != scan_id(estate.draws, node, 2)
