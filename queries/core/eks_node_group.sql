-- purpose: managed node groups of EKS clusters: release of their machine image, and how far they are behind the cluster
-- inputs:  raw.eks_node_group, raw.eks_cluster
-- grain:   one row per account_id, region, cluster_name, node_group_name
-- key:     account_id, region, cluster_name, node_group_name
-- latest:  desired_count
-- columns:
--   account_id               varchar    AWS account
--   region                   varchar    Region
--   cluster_name             varchar    its cluster
--   node_group_name          varchar    node group
--   node_group_arn           varchar    its ARN
--   kubernetes_version       varchar    version of Kubernetes on its nodes
--   skew                     bigint     minor versions it is behind its cluster, null where the cluster was not read
--   release_version          varchar    release of its machine image, as 1.35.4-20261010; image id of an own one
--   ami_type                 varchar    kind of its machine image, CUSTOM where the launch template names one
--   launch_template_id       varchar    launch template, null when EKS's own
--   launch_template_version  varchar    its version, null when EKS's own
--   auto_scaling_groups      varchar    names of its Auto Scaling groups, as a JSON array; null when not told
--   capacity_type            varchar    ON_DEMAND, SPOT or CAPACITY_BLOCK
--   node_group_status        varchar    ACTIVE, UPDATING, DEGRADED, ...
--   health_issues            varchar    issues that EKS sees, as a JSON array; null when none
--   update_strategy          varchar    DEFAULT (new nodes first) or MINIMAL, null when not told
--   max_unavailable_count    bigint     nodes it may lack while it is updated, null where a share says it
--   max_unavailable_share    double     share of them, null where a count says it
--   created_at               timestamp  creation [UTC]
--   modified_at              timestamp  last change [UTC]
--   desired_count            bigint     nodes it wants
--   observation_id           integer    observation of the node group
select
    g.account_id, g.region, g.cluster_name, g.nodegroup_name as node_group_name, g.nodegroup_arn as node_group_arn,
    g.version as kubernetes_version,
    cast(split_part(c.version, '.', 2) as bigint) - cast(split_part(g.version, '.', 2) as bigint) as skew,
    g.release_version, g.ami_type, json_extract_string(g.launch_template, '$.id') as launch_template_id,
    json_extract_string(g.launch_template, '$.version') as launch_template_version,
    nullif(cast(json_extract(g.resources, '$.autoScalingGroups[*].name') as varchar), '[]') as auto_scaling_groups,
    g.capacity_type, g.status as node_group_status,
    nullif(cast(json_extract(g.health, '$.issues') as varchar), '[]') as health_issues,
    json_extract_string(g.update_config, '$.updateStrategy') as update_strategy,
    cast(json_extract_string(g.update_config, '$.maxUnavailable') as bigint) as max_unavailable_count,
    cast(json_extract_string(g.update_config, '$.maxUnavailablePercentage') as double) / 100 as max_unavailable_share,
    g.created_at, g.modified_at,
    cast(json_extract_string(g.scaling_config, '$.desiredSize') as bigint) as desired_count,
    g.observation_id
from raw.eks_node_group as g
left join raw.eks_cluster as c on c.account_id = g.account_id and c.region = g.region and c.name = g.cluster_name
