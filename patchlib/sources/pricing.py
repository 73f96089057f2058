"""AWS Price List: on-demand rates of the instance types in use."""

from __future__ import annotations

from collections.abc import Iterator

from patchlib.sources.declaration import Context, Request, Scope, Source

__all__ = ["SOURCES"]

# What an ordinary instance pays: shared hardware, used (not reserved and idle), nothing preinstalled. Every operating
# system and licence of a type together are less than ten products, far below a page of 100.
_ORDINARY = {"capacitystatus": "Used", "preInstalledSw": "NA", "tenancy": "Shared"}


def _per_type(context: Context) -> Iterator[Request]:
    wanted = sorted(
        {(row["_region"], row["InstanceType"]) for row in context.rows("ec2_instance") if row.get("InstanceType")}
    )
    for region, instance_type in wanted:
        fields = _ORDINARY | {"instanceType": instance_type, "regionCode": region}
        filters = [{"Type": "TERM_MATCH", "Field": field, "Value": fields[field]} for field in sorted(fields)]
        asked = {"ServiceCode": "AmazonEC2", "FormatVersion": "aws_v1", "Filters": filters}
        yield Request(asked, item=f"{region}/{instance_type}")


SOURCES: tuple[Source, ...] = (
    Source(
        name="pricing_product",
        service="pricing",
        operation="GetProducts",
        scope=Scope.ESTATE,
        items="PriceList[]",
        page_size=100,
        about="on-demand products of the instance types in use, with their terms",
        system="Price List",
        unit="item",
        # A row is a text: the product itself.
        key=("Value",),
        needs=("ec2_instance",),
        requests=_per_type,
        least="one for each Region and instance type in use, whatever the number of accounts and nodes",
        # The API answers in three Regions of the aws partition, for all Regions:
        # https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/price-changes.html, read 2026-11-25.
        endpoint_region="us-east-1",
        on_nodes=False,
    ),
)
