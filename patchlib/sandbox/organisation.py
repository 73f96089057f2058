"""The sandbox organisation: a seeded world behind handlers.

    Organisation(seed=7, nodes=800, accounts=9, as_of=DEFAULT_AS_OF)

has what an Endpoint needs (`handlers`, `refusal`, `as_of`) and what a test wants to know (`truth`).
"""

from __future__ import annotations

import copy
from datetime import UTC, datetime

from patchlib.sandbox.endpoint import Handler, ServiceError
from patchlib.sandbox.handlers import (
    autoscaling,
    cloudtrail,
    config,
    ec2,
    ec2_capacity,
    ec2_launch,
    ec2_network,
    ec2_status,
    ecr,
    ecs,
    eks,
    elasticache,
    elasticbeanstalk,
    elbv2,
    imagebuilder,
    inspector2,
    lambda_function,
    organizations,
    pricing,
    quicksetup,
    rds,
    s3,
    savingsplans,
    securityhub,
    service_quotas,
    ssm,
    ssm_command,
    ssm_inventory,
    ssm_operations,
)
from patchlib.sandbox.protocol import protocol_of
from patchlib.sandbox.refusals import refusal
from patchlib.sandbox.world.calendars import from_datetime
from patchlib.sandbox.world.directory import HOME_REGION
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.grounds import Grounds
from patchlib.sandbox.world.truth import Truth

__all__ = ["DEFAULT_AS_OF", "Organisation"]

DEFAULT_AS_OF = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)
_SERVICES = (
    ("organizations", organizations.handlers),
    ("ec2", ec2.handlers),
    ("ec2", ec2_launch.handlers),
    ("ec2", ec2_network.handlers),
    ("ec2", ec2_status.handlers),
    ("ec2", ec2_capacity.handlers),
    ("autoscaling", autoscaling.handlers),
    ("ecr", ecr.handlers),
    ("elbv2", elbv2.handlers),
    ("ssm", ssm.handlers),
    ("ssm", ssm_command.handlers),
    ("ssm", ssm_inventory.handlers),
    ("ssm", ssm_operations.handlers),
    ("ssm-quicksetup", quicksetup.handlers),
    ("s3", s3.handlers),
    ("service-quotas", service_quotas.handlers),
    ("savingsplans", savingsplans.handlers),
    ("cloudtrail", cloudtrail.handlers),
    ("config", config.handlers),
    ("securityhub", securityhub.handlers),
    ("inspector2", inspector2.handlers),
    ("lambda", lambda_function.handlers),
    ("ecs", ecs.handlers),
    ("eks", eks.handlers),
    ("rds", rds.handlers),
    ("imagebuilder", imagebuilder.handlers),
    ("elasticbeanstalk", elasticbeanstalk.handlers),
    ("elasticache", elasticache.handlers),
    ("pricing", pricing.handlers),
)
# The one role that trusts the caller; other roles of the world are those of its pipelines and of AWS's services.
_ROLE = "PatchlibReader"


class Organisation:
    """An invented organisation of that many accounts and nodes, as it is at `as_of`.

    seed:     another seed is another organisation of the same make.
    nodes:    EC2 instances and hybrid nodes once all are launched (2026-10); earlier there are fewer.
    accounts: nine are drawn up, one of them suspended and one that no role can be assumed in.
    as_of:    its present, an aware instant from 2025-06-01 to 2027-12-31; a naive one is UTC.

    Raises ValueError for fewer than one node or account, or an as_of outside the catalogue's time.
    """

    def __init__(self, seed: int = 7, nodes: int = 800, accounts: int = 9, as_of: datetime = DEFAULT_AS_OF) -> None:
        self._size = seed, nodes, accounts
        self._stand(as_of, None)

    def __reduce__(self) -> tuple[type[Organisation], tuple[int, int, int, datetime]]:
        """An organisation is what its arguments make: another process makes it anew from them."""
        return Organisation, (*self._size, self.as_of)

    def _stand(self, as_of: datetime, grounds: Grounds | None) -> None:
        self.as_of = as_of if as_of.tzinfo else as_of.replace(tzinfo=UTC)
        self.estate = Estate(*self._size, from_datetime(self.as_of), grounds)
        self.home_region = HOME_REGION
        self.management_account_id = self.estate.directory.accounts[0].account_id
        self.truth = Truth(self.estate)
        self.handlers: dict[tuple[str, str], Handler] = {
            (service, operation): handler
            for service, make in _SERVICES
            for operation, handler in make(self.estate).items()
        }

    def at(self, as_of: datetime) -> Organisation:
        """The same organisation at another instant; what does not age is made once for both.

        Raises ValueError for an as_of outside the catalogue's time.
        """
        other = copy.copy(self)
        other._stand(as_of, self.estate.grounds)
        return other

    def refusal(self, account_id: str, service: str, operation: str, region: str) -> ServiceError | None:
        """Why a call is refused before any handler sees it, or None when it is not.

        An account that is suspended, unknown or without the reader's role refuses everything; one account x
        Region refuses Systems Manager by a service control policy.
        """
        directory = self.estate.directory
        account = directory.account(account_id)
        if account is None or not account.is_readable:
            if (service, operation) == ("sts", "AssumeRole"):
                return self._closed(_reader_role(account_id))
            text = f"User: {self._caller(account_id)} is not authorized to perform: {service}:{operation}"
            return refusal("denied", protocol_of(service), text)
        if directory.is_denied(account_id, region, service):
            resource = f"arn:aws:{service}:{region}:{account_id}:*"
            text = (
                f"User: {self._caller(account_id)} is not authorized to perform: {service}:{operation} on resource: "
                f"{resource} with an explicit deny in a service control policy"
            )
            return refusal("denied", protocol_of(service), text)
        return None

    def role_refusal(self, role_arn: str) -> ServiceError | None:
        """Only the reader's role trusts the caller. STS says the same of one that is not there, path included."""
        account_id = role_arn.split(":")[4]
        return None if role_arn == _reader_role(account_id) else self._closed(role_arn)

    def _closed(self, role_arn: str) -> ServiceError:
        asking = self._caller(self.management_account_id)
        text = f"User: {asking} is not authorized to perform: sts:AssumeRole on resource: {role_arn}"
        return refusal("denied", protocol_of("sts"), text)

    def _caller(self, account_id: str) -> str:
        return f"arn:aws:sts::{account_id}:assumed-role/{_ROLE}/patchlib"


def _reader_role(account_id: str) -> str:
    return f"arn:aws:iam::{account_id}:role/{_ROLE}"
