"""What boto3 makes in moto: one of everything that moto keeps and the catalogue reads or will read."""

from __future__ import annotations

import hashlib
import io
import json
import os
import urllib.request
import zipfile
from typing import Any

import boto3

__all__ = ["make_resources"]

DENY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "ssm:*", "Resource": "*"}]}


def make_resources() -> dict[str, Any]:
    """Make everything; returns the ids by kind, as the create calls gave them."""
    return {
        **_organisation(),
        **_compute(),
        **_systems_manager(),
        **_trail(),
        **_recorder(),
        **_registry(),
        **_databases(),
        **_workloads(),
    }


def _organisation() -> dict[str, Any]:
    """A tree of two levels, an account in it, a policy on it, and a delegated administrator."""
    organizations = boto3.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    upper = organizations.create_organizational_unit(ParentId=root, Name="Workloads")["OrganizationalUnit"]["Id"]
    lower = organizations.create_organizational_unit(ParentId=upper, Name="Staging")["OrganizationalUnit"]["Id"]
    made = organizations.create_account(Email="dev@example.com", AccountName="development")
    account = made["CreateAccountStatus"]["AccountId"]
    organizations.move_account(AccountId=account, SourceParentId=root, DestinationParentId=lower)
    policy = organizations.create_policy(
        Content=json.dumps(DENY), Description="", Name="no-systems-manager", Type="SERVICE_CONTROL_POLICY"
    )["Policy"]["PolicySummary"]["Id"]
    organizations.attach_policy(PolicyId=policy, TargetId=lower)
    organizations.register_delegated_administrator(AccountId=account, ServicePrincipal="ssm.amazonaws.com")
    return {"root": root, "units": {upper: root, lower: upper}, "account": account, "policy": policy}


def _compute() -> dict[str, Any]:
    """Twelve instances from one image, a group from a template behind a load balancer, an own image."""
    ec2, groups, balancing = boto3.client("ec2"), boto3.client("autoscaling"), boto3.client("elbv2")
    tags = [{"Key": "Environment", "Value": "development"}, {"Key": "Owner", "Value": "<b>team</b>"}]
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    ec2.run_instances(
        ImageId=image,
        MinCount=12,
        MaxCount=12,
        InstanceType="t3.large",
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )
    subnets = ec2.describe_subnets()["Subnets"][:2]
    template = ec2.create_launch_template(
        LaunchTemplateName="web", LaunchTemplateData={"ImageId": image, "InstanceType": "t3.large"}
    )["LaunchTemplate"]["LaunchTemplateId"]
    target = balancing.create_target_group(Name="web", Protocol="HTTP", Port=80, VpcId=subnets[0]["VpcId"])
    target_arn = target["TargetGroups"][0]["TargetGroupArn"]
    balancer = balancing.create_load_balancer(Name="web", Subnets=[subnet["SubnetId"] for subnet in subnets])
    balancing.create_listener(
        LoadBalancerArn=balancer["LoadBalancers"][0]["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": target_arn}],
    )
    groups.create_auto_scaling_group(
        AutoScalingGroupName="web",
        LaunchTemplate={"LaunchTemplateId": template, "Version": "$Latest"},
        MinSize=2,
        MaxSize=4,
        VPCZoneIdentifier=subnets[0]["SubnetId"],
        TargetGroupARNs=[target_arn],
    )
    instances = [i for r in ec2.describe_instances()["Reservations"] for i in r["Instances"]]
    ec2.create_image(InstanceId=instances[0]["InstanceId"], Name="golden")
    return {"instances": [instance["InstanceId"] for instance in instances], "image": image}


def _systems_manager() -> dict[str, Any]:
    """A baseline and a window with a target and a task."""
    ssm = boto3.client("ssm")
    baseline = ssm.create_patch_baseline(Name="own", OperatingSystem="WINDOWS")["BaselineId"]
    window = ssm.create_maintenance_window(
        Name="weekly", Schedule="cron(0 2 ? * SUN *)", Duration=4, Cutoff=1, AllowUnassociatedTargets=False
    )["WindowId"]
    target = ssm.register_target_with_maintenance_window(
        WindowId=window, ResourceType="INSTANCE", Targets=[{"Key": "tag:Patch Group", "Values": ["web"]}]
    )["WindowTargetId"]
    ssm.register_task_with_maintenance_window(
        WindowId=window,
        Targets=[{"Key": "WindowTargetIds", "Values": [target]}],
        TaskArn="AWS-RunPatchBaseline",
        TaskType="RUN_COMMAND",
        TaskParameters={"Operation": {"Values": ["Install"]}, "Secret": {"Values": ["canary"]}},
    )
    return {"baseline": baseline, "window": window}


def _trail() -> dict[str, Any]:
    """A trail and the bucket it writes to."""
    boto3.client("s3").create_bucket(Bucket="trail-evidence")
    trail = boto3.client("cloudtrail").create_trail(Name="all", S3BucketName="trail-evidence", IsMultiRegionTrail=True)
    return {"trail": trail["TrailARN"]}


def _recorder() -> dict[str, Any]:
    """A recorder that runs, and a rule; Security Hub and Inspector are on."""
    config = boto3.client("config")
    role = "arn:aws:iam::123456789012:role/config"
    group = {"allSupported": True, "includeGlobalResourceTypes": False}
    config.put_configuration_recorder(
        ConfigurationRecorder={"name": "default", "roleARN": role, "recordingGroup": group}
    )
    config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "trail-evidence"})
    config.start_configuration_recorder(ConfigurationRecorderName="default")
    source = {"Owner": "AWS", "SourceIdentifier": "EC2_INSTANCE_MANAGED_BY_SSM"}
    config.put_config_rule(ConfigRule={"ConfigRuleName": "managed", "Source": source})
    boto3.client("securityhub").enable_security_hub()
    boto3.client("inspector2").enable(accountIds=["123456789012"], resourceTypes=["EC2"])
    return {"rule": "managed"}


def _registry() -> dict[str, Any]:
    """Two repositories: one with tags, an image that was scanned and one that never was; one with nothing."""
    ecr = boto3.client("ecr")
    ecr.create_repository(repositoryName="web/plain")
    ecr.create_repository(
        repositoryName="web/app", imageTagMutability="IMMUTABLE", tags=[{"Key": "Owner", "Value": "<b>team</b>"}]
    )
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "layers": []}
    digests = []
    for tag in ("v1", "v2"):
        config = {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 1, "digest": tag}
        body = json.dumps(manifest | {"config": config})
        digest = f"sha256:{hashlib.sha256(tag.encode()).hexdigest()}"
        ecr.put_image(repositoryName="web/app", imageManifest=body, imageTag=tag, imageDigest=digest)
        digests.append(digest)
    ecr.start_image_scan(repositoryName="web/app", imageId={"imageDigest": digests[0]})
    _scan_result(digests[0])
    return {"scanned": digests[0], "unscanned": digests[1]}


def _scan_result(digest: str) -> None:
    """What moto shall say of the scan: by itself it gives each answer another instant."""
    finding = {"name": "CVE-2026-0001", "severity": "HIGH", "attributes": [{"key": "package_name", "value": "zlib"}]}
    result = {
        "imageScanFindings": {
            "findings": [finding],
            "findingSeverityCounts": {"HIGH": 1},
            "imageScanCompletedAt": "2026-11-01T06:00:00Z",
        },
        "registryId": "123456789012",
        "repositoryName": "web/app",
        "imageId": {"imageDigest": digest},
        "imageScanStatus": {"status": "COMPLETE", "description": "The scan was completed successfully."},
    }
    address = f"{os.environ['AWS_ENDPOINT_URL']}/moto-api/static/ecr/scan-finding-results"
    body = json.dumps({"results": [result], "account_id": "123456789012", "region": "us-east-1"}).encode()
    asked = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(asked) as answer:
        assert answer.status == 201


def _databases() -> dict[str, Any]:
    """An instance with a snapshot, and a cluster."""
    rds = boto3.client("rds")
    sign_in = {"MasterUsername": "canary", "MasterUserPassword": "canary-canary"}
    tags = [{"Key": "Owner", "Value": "team"}]
    rds.create_db_instance(
        DBInstanceIdentifier="orders",
        DBInstanceClass="db.r6g.large",
        Engine="postgres",
        AllocatedStorage=20,
        Tags=tags,
        **sign_in,
    )
    rds.create_db_snapshot(DBSnapshotIdentifier="before", DBInstanceIdentifier="orders")
    rds.create_db_cluster(DBClusterIdentifier="search", Engine="aurora-postgresql", **sign_in)
    return {"databases": ["orders", "search"]}


def _workloads() -> dict[str, Any]:
    """A function with a version, an alias and a layer; a cluster of ECS with a service; one of EKS with nodes."""
    role = boto3.client("iam").create_role(RoleName="workload", AssumeRolePolicyDocument=json.dumps(DENY))["Role"][
        "Arn"
    ]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("main.py", "def handler(event, context): return event")
    code = {"ZipFile": packed.getvalue()}
    functions = boto3.client("lambda")
    layer = functions.publish_layer_version(LayerName="shared", Content=code, CompatibleRuntimes=["python3.13"])
    functions.create_function(
        FunctionName="export",
        Runtime="python3.13",
        Role=role,
        Handler="main.handler",
        Code=code,
        Layers=[layer["LayerVersionArn"]],
        Environment={"Variables": {"PASSWORD": "canary"}},
    )
    version = functions.publish_version(FunctionName="export")["Version"]
    functions.create_alias(FunctionName="export", Name="live", FunctionVersion=version)
    tasks, clusters = boto3.client("ecs"), boto3.client("eks")
    cluster = tasks.create_cluster(clusterName="shop")["cluster"]["clusterArn"]
    container = {
        "name": "web",
        "image": "web:1",
        "memory": 128,
        "environment": [{"name": "PASSWORD", "value": "canary"}],
    }
    tasks.register_task_definition(family="web", containerDefinitions=[container])
    tasks.create_service(cluster=cluster, serviceName="web", taskDefinition="web:1", desiredCount=2)
    subnets = [each["SubnetId"] for each in boto3.client("ec2").describe_subnets()["Subnets"][:2]]
    clusters.create_cluster(name="orders", roleArn=role, resourcesVpcConfig={"subnetIds": subnets})
    clusters.create_nodegroup(clusterName="orders", nodegroupName="a", subnets=subnets, nodeRole=role)
    clusters.create_fargate_profile(
        clusterName="orders", fargateProfileName="jobs", podExecutionRoleArn=role, selectors=[{"namespace": "jobs"}]
    )
    return {"function": "export", "layer": layer["LayerArn"], "ecs_cluster": cluster, "eks_cluster": "orders"}
