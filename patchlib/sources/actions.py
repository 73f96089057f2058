"""IAM's names for what boto3 calls: a service's action prefix and an operation's action.

Service Authorization Reference, "Actions, resources, and condition keys for AWS services", read 2026-11-25:
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from patchlib import shapes

__all__ = ["action_of"]

# A service signs its requests with its action prefix (elbv2: elasticloadbalancing, service-quotas: servicequotas);
# these two, as the reference's pages of CloudWatch and of Resource Groups Tagging say, do not.
_PREFIXES = {"monitoring": "cloudwatch", "tagging": "tag"}

# "Required permissions for Amazon S3 API operations", read 2026-11-25: S3's actions are older than its operations.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
_ACTIONS = {
    ("s3", "HeadBucket"): "ListBucket",
    ("s3", "HeadObject"): "GetObject",
    ("s3", "ListBuckets"): "ListAllMyBuckets",
    ("s3", "ListObjects"): "ListBucket",
    ("s3", "ListObjectsV2"): "ListBucket",
}


def action_of(service: str, operation: str) -> str:
    """The IAM action, such as `s3:ListBucket`, that permits an operation of a boto3 service.

    Right for operations whose action bears their name, which most do, and for those of S3 above.
    """
    signed = shapes.service_model(service).signing_name
    return f"{_PREFIXES.get(signed, signed)}:{_ACTIONS.get((service, operation), operation)}"
