"""Promises of the Service Quotas handler."""

import pytest

from patchlib.sandbox.endpoint import ServiceError
from patchlib.sandbox.handlers.service_quotas import STANDARD
from patchlib.sandbox.organisation import Organisation
from patchlib.sandbox.world.prices import vcpu_count
from tests.sandbox.handlers.conftest import PRODUCTION, Ask


def test_one_cell_has_hardly_any_room(ask: Ask, organisation: Organisation) -> None:
    """To be found: production's home Region cannot start a tenth of its vCPUs beside what runs."""
    shares = {}
    for account_id, region in organisation.estate.directory.cells:
        answer = ask("service-quotas", "ListServiceQuotas", account_id, region, ServiceCode="ec2", QuotaCode=STANDARD)
        (quota,) = answer["Quotas"]
        running = sum(
            vcpu_count(node.instance_type)
            for node in organisation.estate.by_cell.get((account_id, region), ())
            if node.kind == "ec2" and min(node.stopped_at, node.terminated_at) > organisation.estate.as_of
        )
        assert running <= quota["Value"]
        shares[account_id, region] = running / quota["Value"]
    tight = {cell for cell, share in shares.items() if share > 0.9}
    assert tight == {(PRODUCTION, "eu-central-1")}


def test_quotas_are_listed_by_service(ask: Ask) -> None:
    """Each service lists its own, and one that the sandbox does not know is the service's own error."""
    for service in ("ec2", "autoscaling"):
        quotas = ask("service-quotas", "ListServiceQuotas", ServiceCode=service)["Quotas"]
        assert {quota["ServiceCode"] for quota in quotas} == {service}
    with pytest.raises(ServiceError, match="NoSuchResourceException"):
        ask("service-quotas", "ListServiceQuotas", ServiceCode="braket")
