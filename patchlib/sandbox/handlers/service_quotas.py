"""Service Quotas: room to replace nodes, and one cell that has almost none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from patchlib.sandbox.endpoint import Call, Handler, ServiceError
from patchlib.sandbox.handlers.listing import listed
from patchlib.sandbox.world.directory import HOME_REGION
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.prices import vcpu_count

__all__ = ["handlers"]

STANDARD = "L-1216C47A"
_NAMES = {"ec2": "Amazon Elastic Compute Cloud (Amazon EC2)", "autoscaling": "Amazon EC2 Auto Scaling"}
# (service, code, name, value, is adjustable) with AWS's defaults: the quotas pages of the EC2 and Auto Scaling user
# guides, and pages that list `list-service-quotas` answers.
_QUOTAS = (
    ("ec2", "L-34B43A08", "All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests", 5.0, True),
    ("ec2", "L-7295265B", "Running On-Demand X instances", 0.0, True),
    ("ec2", "L-1945791B", "Running On-Demand Inf instances", 0.0, True),
    ("ec2", "L-B665C33B", "AMIs", 50000.0, True),
    ("ec2", "L-0E3CBAB9", "Public AMIs", 5.0, True),
    ("ec2", "L-FB451C26", "Launch templates", 5000.0, True),
    ("autoscaling", "L-CDE20ADC", "Auto Scaling groups per region", 500.0, True),
    ("autoscaling", "L-6B80B8FA", "Launch configurations per region", 200.0, True),
)


def handlers(estate: Estate) -> dict[str, Handler]:
    """The operations of Service Quotas over one estate."""
    rows = listed("service_quotas_quota", estate, _quotas, by={"ServiceCode": "ServiceCode", "QuotaCode": "QuotaCode"})

    def handler(call: Call) -> dict[str, Any]:
        if call.params["ServiceCode"] not in _NAMES:
            raise ServiceError("NoSuchResourceException", "The sandbox knows quotas of ec2 and autoscaling only.")
        return rows(call)

    return {"ListServiceQuotas": handler}


def _quotas(estate: Estate, account_id: str, region: str) -> Iterator[dict[str, Any]]:
    yield _quota(account_id, region, "ec2", STANDARD, _STANDARD_NAME, _running_limit(estate, account_id, region)) | {
        "UsageMetric": {
            "MetricNamespace": "AWS/Usage",
            "MetricName": "ResourceCount",
            "MetricDimensions": {
                "Class": "Standard/OnDemand",
                "Resource": "vCPU",
                "Service": "EC2",
                "Type": "Resource",
            },
            "MetricStatisticRecommendation": "Maximum",
        }
    }
    for service, code, name, value, is_adjustable in _QUOTAS:
        yield _quota(account_id, region, service, code, name, value, is_adjustable=is_adjustable)


_STANDARD_NAME = "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances"


def _quota(
    account_id: str, region: str, service: str, code: str, name: str, value: float, *, is_adjustable: bool = True
) -> dict[str, Any]:
    return {
        "ServiceCode": service,
        "ServiceName": _NAMES[service],
        "QuotaArn": f"arn:aws:servicequotas:{region}:{account_id}:{service}/{code}",
        "QuotaCode": code,
        "QuotaName": name,
        "Value": value,
        "Unit": "None",
        "Adjustable": is_adjustable,
        "GlobalQuota": False,
        "QuotaAppliedAtLevel": "ACCOUNT",
    }


def _running_limit(estate: Estate, account_id: str, region: str) -> float:
    """vCPUs that may run: twice what runs, but hardly more than it where nobody asked for a raise in time."""
    running = sum(
        vcpu_count(node.instance_type)
        for node in estate.by_cell.get((account_id, region), ())
        if node.kind == "ec2" and min(node.stopped_at, node.terminated_at) > estate.as_of
    )
    account = estate.directory.account(account_id)
    is_tight = region == HOME_REGION and account is not None and account.name == "production-a"
    wanted = running * (1.03 if is_tight else 2.0)
    step = 8 if is_tight else 64
    return float(max(64, -(-int(wanted + 1) // step) * step))
