"""CloudFormation templates of the reader role: one for member accounts, one for the management account.

Service-managed StackSets deploy to every account of an organisation but the management account, which therefore
has a stack of its own. CloudFormation API reference, DeploymentTargets, read 2026-11-25:
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeploymentTargets.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from patchlib.policy import policy_document, split_document
from patchlib.terms import Part, Stack

__all__ = ["DEFAULT_ROLE", "template"]

DEFAULT_ROLE = "PatchlibReader"

_NO_VALUE = {"Ref": "AWS::NoValue"}


_ABOUT = {
    # In one Region, because IAM is global and a second stack would find the role's name taken.
    Stack.MEMBER: "The role that patchlib reads an account with, for a service-managed StackSet in one Region.",
    Stack.MANAGEMENT: "The role that patchlib reads the management account with, which service-managed StackSets skip.",
}


def template(stack: Stack, *, buckets: Sequence[str] = ()) -> dict[str, Any]:
    """A template with the reader role and its policies, as CloudFormation's JSON.

    The role trusts one account, narrowed by what the parameters name: a principal, an external id, an organisation.
    buckets: S3 buckets that the management account's reader may read; a member's reads none. Raises ParameterInvalid
    for a bad name, and for buckets in a member's template.
    """
    document = policy_document(Part.MEMBER if stack is Stack.MEMBER else Part.ALL, buckets=buckets)
    policies = {
        f"ReaderPolicy{number}": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {"Description": "What patchlib reads", "PolicyDocument": each},
        }
        for number, each in enumerate(split_document(document), start=1)
    }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": _ABOUT[stack],
        "Parameters": _PARAMETERS,
        "Conditions": {
            "HasReaderPrincipal": _given("ReaderPrincipalArn"),
            "HasExternalId": _given("ExternalId"),
            "HasOrganizationId": _given("OrganizationId"),
        },
        "Resources": {**policies, "ReaderRole": {"Type": "AWS::IAM::Role", "Properties": _role(list(policies))}},
        "Outputs": {
            "ReaderRoleArn": {"Description": "The role to assume", "Value": {"Fn::GetAtt": ["ReaderRole", "Arn"]}},
            **{
                f"{name}Arn": {"Description": "A policy of the role, to attach elsewhere too", "Value": {"Ref": name}}
                for name in policies
            },
        },
    }


_PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "ReaderAccountId": {
        "Type": "String",
        "Description": "Account that patchlib runs in.",
        "AllowedPattern": "[0-9]{12}",
    },
    "ReaderPrincipalArn": {
        "Type": "String",
        "Description": (
            "Role or user that patchlib runs as; * stands for anything, as in role/aws-reserved/sso.amazonaws.com/*. "
            "Empty: whoever that account permits to assume this role."
        ),
        "Default": "",
        "AllowedPattern": "|arn:[a-z-]+:iam::[0-9]{12}:(role|user)/.+",
    },
    "ExternalId": {
        "Type": "String",
        "Description": "Word that the caller must say; external_id in patchlib's settings. Empty: none.",
        "Default": "",
        "NoEcho": True,
        "AllowedPattern": "|[\\w+=,.@:/-]{2,1224}",
    },
    "OrganizationId": {
        "Type": "String",
        "Description": "Organisation that the caller must belong to, such as o-a1b2c3d4e5. Empty: not asked.",
        "Default": "",
        "AllowedPattern": "|o-[a-z0-9]{10,32}",
    },
    "RoleName": {
        "Type": "String",
        "Description": "Name of the role; role in patchlib's settings.",
        "Default": DEFAULT_ROLE,
        "AllowedPattern": "[\\w+=,.@-]{1,64}",
    },
}


def _given(parameter: str) -> dict[str, Any]:
    return {"Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, ""]}]}


def _if_given(condition: str, value: Any, otherwise: Any) -> dict[str, Any]:
    return {"Fn::If": [condition, value, otherwise]}


def _role(policies: Sequence[str]) -> dict[str, Any]:
    anyone = {"Fn::Sub": "arn:${AWS::Partition}:iam::${ReaderAccountId}:*"}
    return {
        "RoleName": {"Ref": "RoleName"},
        "Description": "Read-only: patchlib lists nodes, patches, baselines and maintenance windows",
        # A role assumed from a role's session lasts an hour at most, whatever stands here; patchlib renews it.
        # STS API reference, AssumeRole, DurationSeconds, read 2026-11-25:
        # https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
        "MaxSessionDuration": 3600,
        "ManagedPolicyArns": [{"Ref": name} for name in policies],
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "sts:AssumeRole",
                    # The account and not the role: a role deleted and made anew, as IAM Identity Center does, would
                    # no longer be the principal that is trusted. The condition narrows it by name.
                    "Principal": {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${ReaderAccountId}:root"}},
                    "Condition": {
                        "ArnLike": {
                            "aws:PrincipalArn": _if_given("HasReaderPrincipal", {"Ref": "ReaderPrincipalArn"}, anyone)
                        },
                        "StringEquals": {
                            "aws:PrincipalAccount": {"Ref": "ReaderAccountId"},
                            "sts:ExternalId": _if_given("HasExternalId", {"Ref": "ExternalId"}, _NO_VALUE),
                            "aws:PrincipalOrgID": _if_given("HasOrganizationId", {"Ref": "OrganizationId"}, _NO_VALUE),
                        },
                    },
                }
            ],
        },
    }
