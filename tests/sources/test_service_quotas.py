"""Quotas are listed by service, a page of a hundred at a time."""

from patchlib.sources import source
from tests.sources.asking import context


def test_one_listing_for_each_service_that_limits_a_strategy() -> None:
    """EC2 for what may run, Auto Scaling for how many groups; nothing is asked quota by quota."""
    quotas = source("service_quotas_quota")
    assert [request.params for request in quotas.requests(context())] == [
        {"ServiceCode": "ec2"},
        {"ServiceCode": "autoscaling"},
    ]
    assert quotas.page_size == 100
    assert quotas.action == "servicequotas:ListServiceQuotas"
