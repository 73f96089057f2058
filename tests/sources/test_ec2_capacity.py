"""Instance types are asked once for the whole estate."""

from patchlib.sources import Scope, source
from patchlib.sources.ec2_capacity import TYPE_BLOCK
from tests.sources.asking import context


def test_each_type_in_use_is_asked_once() -> None:
    """However many instances, accounts and Regions have it; also where the Region asked does not offer it."""
    instances = [{"InstanceId": f"i-{n}", "InstanceType": ("t3.large", "m6i.large")[n % 2]} for n in range(500)]
    [request] = source("ec2_instance_type").requests(context(ec2_instance=[*instances, {"InstanceId": "i-x"}]))
    assert request.params == {"InstanceTypes": ["m6i.large", "t3.large"], "IncludeUnsupportedInRegion": True}
    assert source("ec2_instance_type").scope is Scope.ESTATE


def test_a_call_takes_a_hundred_types() -> None:
    """And no instance, no call."""
    instances = [{"InstanceId": f"i-{n}", "InstanceType": f"t{n}.large"} for n in range(250)]
    requests = list(source("ec2_instance_type").requests(context(ec2_instance=instances)))
    assert [len(request.params["InstanceTypes"]) for request in requests] == [TYPE_BLOCK, TYPE_BLOCK, 50]
    assert list(source("ec2_instance_type").requests(context(ec2_instance=[]))) == []
