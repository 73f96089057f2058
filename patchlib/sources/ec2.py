"""Amazon EC2: instances, the images they run, and the Regions an account may use."""

from __future__ import annotations

from collections.abc import Iterator

from patchlib.sources.declaration import Context, Request, Scope, Source, blocks

__all__ = ["SOURCES"]

# DescribeImages takes image ids without paging; 100 a call keeps the request small.
IMAGE_BLOCK = 100


def _all_regions(_context: Context) -> Iterator[Request]:
    yield Request({"AllRegions": True})


def _images(context: Context) -> Iterator[Request]:
    # The account's own images first, also those that nothing runs from; what is then still unknown of those in use.
    yield Request({"Owners": ["self"], "IncludeDeprecated": True, "IncludeDisabled": True})
    in_use = {row["ImageId"] for row in context.rows("ec2_instance") if row.get("ImageId")}
    own = {row["ImageId"] for row in context.own}
    # A filter, not ImageIds: one deregistered id would fail the whole call with InvalidAMIID.NotFound, and
    # nodes outlive their images. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html
    for block in blocks(sorted(in_use - own), IMAGE_BLOCK):
        yield Request({"Filters": [{"Name": "image-id", "Values": block}], "IncludeDeprecated": True})


SOURCES = (
    Source(
        name="ec2_region",
        service="ec2",
        operation="DescribeRegions",
        scope=Scope.ACCOUNT,
        items="Regions[]",
        about="which Regions the account has enabled",
        system="Regions",
        key=("RegionName",),
        requests=_all_regions,
        remember=("RegionName", "OptInStatus"),
    ),
    Source(
        name="ec2_instance",
        service="ec2",
        operation="DescribeInstances",
        scope=Scope.CELL,
        items="Reservations[].Instances[]",
        page_size=1000,
        about="every instance with its tags: what should be patched, managed or not",
        system="EC2 instances",
        key=("InstanceId",),
        remember=("InstanceId", "ImageId", "InstanceType", "PlatformDetails"),
    ),
    Source(
        name="ec2_instance_image",
        service="ec2",
        operation="DescribeInstanceImageMetadata",
        scope=Scope.CELL,
        items="InstanceImageMetadata[]",
        page_size=1000,
        about="the image each instance was launched from, also where the image is gone or no longer shared",
        system="AMIs",
        key=("InstanceId",),
        least="one call per 1000 instances, without asking image by image; it knows neither the platform nor the "
        "architecture of an image, so it stands beside DescribeImages and does not replace it",
    ),
    Source(
        name="ec2_image",
        service="ec2",
        operation="DescribeImages",
        scope=Scope.CELL,
        items="Images[]",
        page_size=1000,
        about="the account's own images and those in use: when they were made, when they are deprecated, last launched",
        system="AMIs",
        key=("ImageId",),
        needs=("ec2_instance",),
        remember=("ImageId",),
        requests=_images,
        least="one call per 1000 own images, and one per 100 images of others in use",
        # Images are shared: an account that builds them for others may run nothing itself.
        on_nodes=False,
    ),
)
