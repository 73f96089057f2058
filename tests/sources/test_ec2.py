"""Which listings of EC2 images follow from the instances."""

from dataclasses import replace

from patchlib.sources import source
from tests.sources.asking import context


def test_own_images_come_first_and_are_not_asked_again() -> None:
    """The account's own images, also deprecated and disabled ones; then by id what instances run from besides."""
    instances = [{"InstanceId": f"i-{n}", "ImageId": f"ami-{n}"} for n in range(3)] + [{"InstanceId": "i-9"}]
    asked = replace(context(ec2_instance=instances), own=[{"ImageId": "ami-1"}])
    own, others = list(source("ec2_image").requests(asked))
    assert own.params == {"Owners": ["self"], "IncludeDeprecated": True, "IncludeDisabled": True}
    assert others.params["Filters"] == [{"Name": "image-id", "Values": ["ami-0", "ami-2"]}]
    assert "ImageIds" not in others.params, "one deregistered id would fail the whole call"


def test_no_instance_asks_for_own_images_only() -> None:
    """An account that only builds images is asked once."""
    assert len(list(source("ec2_image").requests(context(ec2_instance=[])))) == 1


def test_images_of_others_are_asked_in_blocks_of_a_hundred() -> None:
    """However many instances run from them."""
    instances = [{"InstanceId": f"i-{n}", "ImageId": f"ami-{n % 150}"} for n in range(900)]
    assert len(list(source("ec2_image").requests(context(ec2_instance=instances)))) == 3


def test_images_are_asked_where_no_node_is() -> None:
    """An account may build images for others; what instances run from, only where there are some."""
    assert not source("ec2_image").on_nodes
    assert source("ec2_instance_image").on_nodes
