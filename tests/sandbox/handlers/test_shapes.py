"""Every handler answers in botocore's output shape: known members, fitting types, required ones there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import botocore.model
import pytest

from patchlib import shapes
from patchlib.sandbox.organisation import Organisation
from patchlib.sandbox.world.scans import scans
from patchlib.sandbox.world.watchers import has_hub
from patchlib.sources import SOURCES
from tests.sandbox.handlers.conftest import DEVELOPMENT, PRODUCTION, SHARED, Ask

MANAGEMENT = "210400173901"
SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "double": (float,),
    "float": (float,),
    "blob": (bytes,),
    "boolean": (bool,),
    "timestamp": (datetime,),
}
# Modelled as required, yet "not all operating systems provide" it (API reference, PatchComplianceData).
LEFT_OUT = {("PatchComplianceData", "InstalledTime")}


def misfits(shape: botocore.model.Shape, value: Any, where: str = "") -> list[str]:
    """What does not fit, each with its place."""
    if isinstance(shape, botocore.model.StructureShape):
        if not isinstance(value, dict):
            return [f"{where}: not a structure"]
        found = [f"{where}.{name}: unknown" for name in value if name not in shape.members]
        required = [name for name in shape.required_members if (shape.name, name) not in LEFT_OUT]
        found += [f"{where}.{name}: missing" for name in required if name not in value]
        members = [(name, shape.members[name]) for name in value if name in shape.members]
        return found + [text for name, member in members for text in misfits(member, value[name], f"{where}.{name}")]
    if isinstance(shape, botocore.model.ListShape):
        if not isinstance(value, list):
            return [f"{where}: not a list"]
        return [text for row in value for text in misfits(shape.member, row, f"{where}[]")]
    if isinstance(shape, botocore.model.MapShape):
        return [text for key, row in value.items() for text in misfits(shape.value, row, f"{where}{{{key}}}")]
    if type(value) not in SCALARS[shape.type_name]:
        return [f"{where}: {value!r} is no {shape.type_name}"]
    enum = shape.enum if isinstance(shape, botocore.model.StringShape) else None
    # The service writes 'Installed' and 'windows' where its model says 'INSTALLED' and 'Windows'.
    if enum and value.lower() not in {word.lower().replace("_", "") for word in enum} | {word.lower() for word in enum}:
        return [f"{where}: {value!r} is not one of {enum}"]
    if isinstance(value, datetime) and value.tzinfo is None:
        return [f"{where}: naive datetime"]
    return []


def _ecs(ask: Ask, kind: str, member: str, cell: dict[str, str], cluster: dict[str, str]) -> list[dict[str, Any]]:
    """What a cluster has; without a name all of a kind are described."""
    found: list[dict[str, Any]] = ask("ecs", f"Describe{kind}", **cluster, **cell, **{member: []})[member]
    return found


def _each(
    ask: Ask, listing: str, member: str, parameter: str, cell: dict[str, str], clusters: list[str]
) -> list[dict[str, str]]:
    """What to ask about each thing that EKS lists in its clusters, by name or by id."""
    return [
        {"clusterName": cluster, parameter: row if isinstance(row, str) else row["id"]}
        for cluster in clusters
        for row in ask("eks", listing, clusterName=cluster, **cell)[member]
    ]


def asked(ask: Ask, account: str, region: str) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Parameters for every operation, taken from the listings before it."""
    cell = {"account_id": account, "region": region}
    nodes = ask("ssm", "DescribeInstanceInformation", **cell)["InstanceInformationList"]
    ids = [node["InstanceId"] for node in nodes]
    baselines = ask("ssm", "DescribePatchBaselines", **cell)["BaselineIdentities"]
    windows = [row["WindowId"] for row in ask("ssm", "DescribeMaintenanceWindows", **cell)["WindowIdentities"]]
    tasks = [t for w in windows for t in ask("ssm", "DescribeMaintenanceWindowTasks", WindowId=w, **cell)["Tasks"]]
    instances = ask("ec2", "DescribeInstances", **cell)["Reservations"]
    images = sorted({i["ImageId"] for r in instances for i in r["Instances"]})
    managers = ask("ssm-quicksetup", "ListConfigurationManagers", **cell)["ConfigurationManagersList"]
    calendars = [row["Name"] for row in ask("ssm", "ListDocuments", **cell)["DocumentIdentifiers"]]
    root = ask("organizations", "ListRoots", account_id=MANAGEMENT)["Roots"][0]
    policies = [
        policy["Id"]
        for each in root["PolicyTypes"]
        for policy in ask("organizations", "ListPolicies", account_id=MANAGEMENT, Filter=each["Type"])["Policies"]
    ]
    groups = ask("autoscaling", "DescribeAutoScalingGroups", **cell)["AutoScalingGroups"]
    repositories = ask("ecr", "DescribeRepositories", **cell)["repositories"]
    held = [row["repositoryName"] for row in repositories]
    balancers = ask("elbv2", "DescribeLoadBalancers", **cell)["LoadBalancers"]
    target_groups = ask("elbv2", "DescribeTargetGroups", **cell)["TargetGroups"]
    windows_baselines = [b for b in baselines if b["OperatingSystem"] == "WINDOWS"]
    executions = [
        row
        for window in windows
        for row in ask("ssm", "DescribeMaintenanceWindowExecutions", WindowId=window, **cell)["WindowExecutions"]
    ]
    runs = [{"WindowExecutionId": row["WindowExecutionId"]} for row in executions]
    steps = [
        {"WindowExecutionId": row["WindowExecutionId"], "TaskId": row["TaskExecutionId"]}
        for run in runs
        for row in ask("ssm", "DescribeMaintenanceWindowExecutionTasks", **run, **cell)["WindowExecutionTaskIdentities"]
    ]
    scanned = ask("ssm", "DescribeInstancePatchStates", InstanceIds=ids, **cell)["InstancePatchStates"]
    # What stopped months ago has recorded nothing of younger nodes.
    recorded = [row["InstanceId"] for row in scanned] if account != DEVELOPMENT else []
    rules = [row["ConfigRuleName"] for row in ask("config", "DescribeConfigRules", **cell)["ConfigRules"]]
    associations = [
        {"AssociationId": row["AssociationId"]} for row in ask("ssm", "ListAssociations", **cell)["Associations"]
    ]
    associated = [
        {"AssociationId": row["AssociationId"], "ExecutionId": row["ExecutionId"]}
        for association in associations
        for row in ask("ssm", "DescribeAssociationExecutions", **association, **cell)["AssociationExecutions"]
    ]
    environments = ask("elasticbeanstalk", "DescribeEnvironments", **cell)["Environments"]
    by_environment = [{"EnvironmentId": row["EnvironmentId"]} for row in environments]
    names = [row["FunctionName"] for row in ask("lambda", "ListFunctions", **cell)["Functions"]]
    layers = [row["LayerArn"] for row in ask("lambda", "ListLayers", **cell)["Layers"]]
    clusters = ask("ecs", "ListClusters", **cell)["clusterArns"]
    in_clusters = [{"cluster": arn} for arn in clusters]
    definitions = sorted(
        {row["taskDefinition"] for each in in_clusters for row in _ecs(ask, "Services", "services", cell, each)}
    )
    eks = ask("eks", "ListClusters", **cell)["clusters"]
    in_eks = [{"clusterName": name} for name in eks]
    pipelines = [row["arn"] for row in ask("imagebuilder", "ListImagePipelines", **cell)["imagePipelineList"]]
    return {
        ("imagebuilder", "ListImagePipelineImages"): [{"imagePipelineArn": arn} for arn in pipelines],
        ("imagebuilder", "ListImageScanFindingAggregations"): [
            {"filter": {"name": "imagePipelineArn", "values": pipelines}}
        ],
        ("elasticbeanstalk", "DescribeConfigurationSettings"): [
            {"ApplicationName": row["ApplicationName"], "EnvironmentName": row["EnvironmentName"]}
            for row in environments
        ],
        ("elasticbeanstalk", "DescribeEnvironmentManagedActions"): by_environment,
        ("elasticbeanstalk", "DescribeEnvironmentManagedActionHistory"): by_environment,
        ("eks", "DescribeCluster"): [{"name": name} for name in eks],
        ("eks", "ListNodegroups"): in_eks,
        ("eks", "ListAddons"): in_eks,
        ("eks", "ListInsights"): in_eks,
        ("eks", "ListFargateProfiles"): in_eks,
        ("eks", "DescribeNodegroup"): _each(ask, "ListNodegroups", "nodegroups", "nodegroupName", cell, eks),
        ("eks", "DescribeAddon"): _each(ask, "ListAddons", "addons", "addonName", cell, eks),
        ("eks", "DescribeInsight"): _each(ask, "ListInsights", "insights", "id", cell, eks),
        ("eks", "DescribeFargateProfile"): _each(
            ask, "ListFargateProfiles", "fargateProfileNames", "fargateProfileName", cell, eks
        ),
        ("ecs", "DescribeClusters"): [{"clusters": clusters}],
        ("ecs", "ListServices"): in_clusters,
        ("ecs", "ListTasks"): in_clusters,
        ("ecs", "ListContainerInstances"): in_clusters,
        ("ecs", "DescribeServices"): [each | {"services": []} for each in in_clusters],
        ("ecs", "DescribeTasks"): [each | {"tasks": []} for each in in_clusters],
        ("ecs", "DescribeContainerInstances"): [each | {"containerInstances": []} for each in in_clusters],
        ("ecs", "DescribeTaskDefinition"): [{"taskDefinition": arn} for arn in definitions],
        ("lambda", "ListFunctions"): [{"FunctionVersion": "ALL"}, {}],
        ("lambda", "ListAliases"): [{"FunctionName": name} for name in names],
        ("lambda", "GetRuntimeManagementConfig"): [{"FunctionName": name} for name in names],
        ("lambda", "ListLayerVersions"): [{"LayerName": arn} for arn in layers],
        ("s3", "GetObject"): [],  # what buckets hold is asked for in test_data_sync
        ("s3", "ListObjectsV2"): [],
        ("ec2", "DescribeRegions"): [{"AllRegions": True}, {}],
        ("autoscaling", "DescribeInstanceRefreshes"): [
            {"AutoScalingGroupName": group["AutoScalingGroupName"]} for group in groups
        ],
        ("autoscaling", "DescribeLifecycleHooks"): [
            {"AutoScalingGroupName": group["AutoScalingGroupName"]} for group in groups
        ],
        ("ec2", "DescribeImages"): [{"Filters": [{"Name": "image-id", "Values": images}]}, {"Owners": ["self"]}],
        ("ec2", "DescribeLaunchTemplateVersions"): [{"Versions": ["$Latest", "$Default"]}],
        ("ecr", "ListTagsForResource"): [{"resourceArn": row["repositoryArn"]} for row in repositories],
        ("ecr", "BatchGetRepositoryScanningConfiguration"): [{"repositoryNames": [*held, "none"]}],
        ("ecr", "GetLifecyclePolicy"): [{"repositoryName": name} for name in held if "/" in name][:1],
        ("ecr", "DescribeImages"): [{"repositoryName": name} for name in held],
        # ECR's own scans: that another image has none, or is closed to us, is refused: see test_ecr.
        ("ecr", "DescribeImageScanFindings"): [
            {"repositoryName": name, "imageId": {"imageDigest": image["imageDigest"]}}
            for name in held
            if name.startswith("base/") and account == SHARED
            for image in ask("ecr", "DescribeImages", repositoryName=name, **cell)["imageDetails"]
        ],
        ("elbv2", "DescribeListeners"): [{"LoadBalancerArn": row["LoadBalancerArn"]} for row in balancers],
        ("elbv2", "DescribeTargetHealth"): [{"TargetGroupArn": row["TargetGroupArn"]} for row in target_groups],
        ("organizations", "ListDelegatedServicesForAccount"): [{"AccountId": "210400173928"}],
        ("organizations", "ListOrganizationalUnitsForParent"): [{"ParentId": root["Id"]}],
        ("organizations", "ListAccountsForParent"): [{"ParentId": root["Id"]}],
        ("organizations", "ListPolicies"): [{"Filter": each["Type"]} for each in root["PolicyTypes"]],
        ("organizations", "DescribePolicy"): [{"PolicyId": policy} for policy in policies],
        ("organizations", "ListTargetsForPolicy"): [{"PolicyId": policy} for policy in policies],
        ("organizations", "DescribeEffectivePolicy"): [
            {"PolicyType": "UPGRADE_ROLLOUT_POLICY", "TargetId": PRODUCTION},
            {"PolicyType": "DECLARATIVE_POLICY_EC2", "TargetId": PRODUCTION},
        ],
        # An account that is without refuses: see test_securityhub and test_inspector2.
        ("securityhub", "DescribeHub"): [{}] if has_hub(account) else [],
        ("securityhub", "GetFindings"): [{}] if has_hub(account) else [],
        ("inspector2", "ListCoverage"): [{}] if scans(account) else [],
        ("inspector2", "ListFindings"): [{}] if scans(account) else [],
        ("config", "GetComplianceDetailsByConfigRule"): [{"ConfigRuleName": name} for name in rules],
        ("config", "GetResourceConfigHistory"): [
            {"resourceType": "AWS::SSM::PatchCompliance", "resourceId": f"AWS::SSM::ManagedInstanceInventory/{node_id}"}
            for node_id in recorded[:2]
        ],
        ("pricing", "GetProducts"): [{"ServiceCode": "AmazonEC2"}],
        ("service-quotas", "ListServiceQuotas"): [{"ServiceCode": "ec2"}, {"ServiceCode": "autoscaling"}],
        ("ssm", "DescribeInstancePatchStates"): [{"InstanceIds": ids}],
        ("ssm", "DescribeInstancePatches"): [{"InstanceId": node_id} for node_id in ids],
        ("ssm", "GetPatchBaseline"): [{"BaselineId": b["BaselineId"]} for b in baselines],
        ("ssm", "DescribeEffectivePatchesForPatchBaseline"): [
            {"BaselineId": b["BaselineId"]} for b in windows_baselines
        ],
        ("ssm", "DescribePatchGroupState"): [{"PatchGroup": "production-weekly"}, {"PatchGroup": "nobody"}],
        ("ssm", "DescribeMaintenanceWindowExecutions"): [{"WindowId": window} for window in windows],
        ("ssm", "DescribeMaintenanceWindowExecutionTasks"): runs,
        ("ssm", "DescribeMaintenanceWindowExecutionTaskInvocations"): steps,
        ("ssm", "DescribeAssociation"): associations,
        ("ssm", "DescribeAssociationExecutions"): associations,
        ("ssm", "DescribeAssociationExecutionTargets"): associated,
        ("ssm", "ListCommandInvocations"): [{"Details": False}, {"Details": True}],
        ("ssm", "GetInventory"): [{"ResultAttributes": [{"TypeName": "AWS:Application"}]}],
        ("ssm", "GetCalendarState"): [{"CalendarNames": [name]} for name in calendars],
        ("ssm", "GetDocument"): [{"Name": name} for name in calendars],
        ("ssm-quicksetup", "GetConfigurationManager"): [{"ManagerArn": each["ManagerArn"]} for each in managers],
        ("ssm", "GetMaintenanceWindow"): [{"WindowId": window} for window in windows],
        ("ssm", "DescribeMaintenanceWindowTargets"): [{"WindowId": window} for window in windows],
        ("ssm", "DescribeMaintenanceWindowTasks"): [{"WindowId": window} for window in windows],
        ("ssm", "GetMaintenanceWindowTask"): [
            {"WindowId": task["WindowId"], "WindowTaskId": task["WindowTaskId"]} for task in tasks
        ],
    }


@pytest.mark.parametrize(
    ("account", "region"), [(PRODUCTION, "eu-central-1"), (DEVELOPMENT, "us-east-1"), (SHARED, "eu-central-1")]
)
def test_every_answer_fits_its_model(
    organisation: Organisation, ask: Ask, account: str, region: str, record_property: Callable[[str, object], None]
) -> None:
    """No unknown member, no wrong type, no missing required member, in any row of any handler."""
    params = asked(ask, account, region)
    for service, operation in organisation.handlers:
        caller = organisation.management_account_id if service == "organizations" else account
        shape = shapes.operation_model(service, operation).output_shape
        assert shape is not None
        for request in params.get((service, operation), [{}]):
            answer = ask(service, operation, account_id=caller, region=region, **request)
            assert misfits(shape, answer, operation)[:5] == []
            record_property("judge", f"sandbox {service}:{operation}")


def test_the_check_finds_misfits() -> None:
    """The check itself notices an unknown member, a wrong type and a missing required one."""
    shape = shapes.operation_model("ssm", "DescribeInstancePatches").output_shape
    assert shape is not None
    row = {"Title": 1, "KBId": "KB1", "Classification": "", "Severity": "", "Stat": ""}
    found = misfits(shape, {"Patches": [row]})
    assert [text.partition(":")[0] for text in found] == [".Patches[].Stat", ".Patches[].State", ".Patches[].Title"]


def test_every_operation_of_the_catalogue_is_answered(organisation: Organisation) -> None:
    """Whatever patchlib extracts, the sandbox serves; STS is the endpoint's own."""
    needed = {(source.service, source.operation) for source in SOURCES if source.service != "sts"}
    assert needed <= set(organisation.handlers)
