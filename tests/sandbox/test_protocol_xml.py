"""Promises of XML bodies that the round trips do not tell."""

from __future__ import annotations

import pytest

from patchlib import shapes
from patchlib.sandbox.protocol_xml import element_name, escape, members_writer, writer
from patchlib.sandbox.scalars import Mismatch


def test_markup_is_escaped_and_line_ends_survive() -> None:
    """A carriage return is written as a reference, for parsers would make it a line feed."""
    assert escape("a<b>&c\r\n") == "a&lt;b&gt;&amp;c&#13;\n"


@pytest.mark.parametrize("text", ["\x00", "a\x1b", "\ud800", "\uffff"])
def test_what_xml_cannot_carry_is_a_mismatch(text: str) -> None:
    """Not a broken document."""
    with pytest.raises(Mismatch, match="XML cannot carry"):
        escape(text)


def test_ec2_lists_have_items_in_a_set() -> None:
    """The names come from the model."""
    shape = shapes.operation_model("ec2", "DescribeRegions").output_shape
    written = members_writer(shape)({"Regions": [{"RegionName": "eu-west-1"}, {"RegionName": "us-east-1"}]})
    items = "<item><regionName>eu-west-1</regionName></item><item><regionName>us-east-1</regionName></item>"
    assert written == f"<regionInfo>{items}</regionInfo>"


def test_flattened_lists_repeat_their_element() -> None:
    """Amazon S3 writes no element around its objects; an empty list is nothing at all."""
    contents = shapes.operation_model("s3", "ListObjectsV2").output_shape.members["Contents"]
    write = writer(contents, element_name(contents, "Contents"))
    assert write([{"Key": "a"}, {"Key": "b"}]) == "<Contents><Key>a</Key></Contents><Contents><Key>b</Key></Contents>"
    assert write([]) == ""


def test_attributes_declare_their_namespace() -> None:
    """Amazon S3's grantees carry their type as xsi:type."""
    shape = shapes.operation_model("s3", "GetBucketAcl").output_shape
    written = members_writer(shape)({"Grants": [{"Grantee": {"Type": 'Group "a"', "ID": "x"}}]})
    attributes = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group &quot;a&quot;"'
    assert f"<Grantee {attributes}><ID>x</ID></Grantee>" in written
