"""The templates pass cfn-lint, hold exactly the policy, and trust no more than their parameters say."""

from typing import Any

import orjson
import pytest
from cfnlint.api import ManualArgs, lint

from patchlib.cloudformation import DEFAULT_ROLE, template
from patchlib.errors import ParameterInvalid
from patchlib.policy import policy_document
from patchlib.terms import Part, Stack
from tests.test_policy import grants

REGIONS = ["us-east-1", "eu-central-1", "ap-east-1"]


def findings(document: dict[str, Any]) -> list[str]:
    """What cfn-lint says of a template: errors, warnings and remarks."""
    config = ManualArgs(regions=REGIONS, include_checks=["I"])
    return [f"{match.rule.id} {match.message}" for match in lint(orjson.dumps(document).decode(), config=config)]


def policies(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The policy documents of a template."""
    resources = document["Resources"].values()
    return [each["Properties"]["PolicyDocument"] for each in resources if each["Type"] == "AWS::IAM::ManagedPolicy"]


def resolved(value: Any, parameters: dict[str, str]) -> Any:
    """A value of a template as CloudFormation would fill it in; None where it leaves the property out."""
    if isinstance(value, list):
        return [resolved(each, parameters) for each in value]
    if not isinstance(value, dict):
        return value
    if "Ref" in value:
        return parameters.get(value["Ref"])
    if "Fn::Sub" in value:
        text = value["Fn::Sub"]
        for name, word in parameters.items():
            text = text.replace(f"${{{name}}}", word)
        return text
    if "Fn::If" in value:
        condition, then, otherwise = value["Fn::If"]
        return resolved(then if parameters[condition.removeprefix("Has")] else otherwise, parameters)
    found = {key: resolved(each, parameters) for key, each in value.items()}
    return {key: each for key, each in found.items() if each is not None}


def trust(stack: Stack, **given: str) -> dict[str, Any]:
    """The role's trust policy with parameters filled in."""
    document = template(stack)
    defaults = {name: each.get("Default", "") for name, each in document["Parameters"].items()}
    parameters = {**defaults, "AWS::Partition": "aws", "ReaderAccountId": "111122223333", **given}
    # A condition is named after its parameter, less the end of the ARN's name.
    parameters["ReaderPrincipal"] = parameters["ReaderPrincipalArn"]
    (statement,) = resolved(document["Resources"]["ReaderRole"]["Properties"]["AssumeRolePolicyDocument"], parameters)[
        "Statement"
    ]
    return dict(statement)


@pytest.mark.parametrize(("stack", "buckets"), [(Stack.MEMBER, []), (Stack.MANAGEMENT, ["central-sync"])])
def test_the_templates_pass_cfn_lint(stack: Stack, buckets: list[str]) -> None:
    """No error, no warning, not even a remark."""
    assert findings(template(stack, buckets=buckets)) == []


def test_a_members_template_names_no_bucket() -> None:
    """A member's role reads no bucket; one that was asked for must not be dropped unsaid."""
    with pytest.raises(ParameterInvalid, match="caller's"):
        template(Stack.MEMBER, buckets=["central-sync"])


def test_cfn_lint_would_see_an_action_that_is_none() -> None:
    """The judge is awake: a mistyped action is found."""
    document = orjson.loads(orjson.dumps(template(Stack.MEMBER)))
    policies(document)[0]["Statement"][0]["Action"].append("ssm:DescribeInstancePatchez")
    assert any("describeinstancepatchez" in finding.lower() for finding in findings(document))


def test_the_template_is_the_policy() -> None:
    """A member's role may do what the policy's member part says, the management account's all of it."""
    assert grants(*policies(template(Stack.MEMBER))) == grants(policy_document(Part.MEMBER))
    buckets = ["central-sync"]
    assert grants(*policies(template(Stack.MANAGEMENT, buckets=buckets))) == grants(policy_document(buckets=buckets))


@pytest.mark.parametrize("stack", list(Stack))
def test_the_role_has_every_policy_of_the_template(stack: Stack) -> None:
    """A policy that is not attached permits nothing."""
    resources = template(stack)["Resources"]
    attached = {each["Ref"] for each in resources["ReaderRole"]["Properties"]["ManagedPolicyArns"]}
    assert attached == set(resources) - {"ReaderRole"}


def test_the_role_trusts_one_account_at_least() -> None:
    """Without further parameters: whoever the reader's account lets assume it."""
    statement = trust(Stack.MEMBER)
    assert statement["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}
    assert statement["Condition"] == {
        "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:*"},
        "StringEquals": {"aws:PrincipalAccount": "111122223333"},
    }


def test_every_parameter_narrows_the_trust() -> None:
    """Principal, external id and organisation each become a condition."""
    reader = "arn:aws:iam::111122223333:role/Reader"
    given = {"ReaderPrincipalArn": reader, "ExternalId": "a-word", "OrganizationId": "o-a1b2c3d4e5"}
    assert trust(Stack.MANAGEMENT, **given)["Condition"] == {
        "ArnLike": {"aws:PrincipalArn": reader},
        "StringEquals": {
            "aws:PrincipalAccount": "111122223333",
            "sts:ExternalId": "a-word",
            "aws:PrincipalOrgID": "o-a1b2c3d4e5",
        },
    }


def test_the_external_id_is_not_shown() -> None:
    """CloudFormation masks it, and it has no default that everybody knows."""
    parameter = template(Stack.MEMBER)["Parameters"]["ExternalId"]
    assert parameter["NoEcho"] is True
    assert parameter["Default"] == ""


def test_the_default_role_is_the_sandboxs() -> None:
    """The name that the settings of the sandbox and the README use."""
    assert template(Stack.MEMBER)["Parameters"]["RoleName"]["Default"] == DEFAULT_ROLE == "PatchlibReader"
