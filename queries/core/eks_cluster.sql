-- purpose: EKS clusters: version of Kubernetes, and what happens to it at the end of standard support
-- inputs:  raw.eks_cluster
-- grain:   one row per account_id, region, cluster_name
-- key:     account_id, region, cluster_name
-- columns:
--   account_id          varchar    AWS account
--   region              varchar    Region
--   cluster_name        varchar    cluster
--   cluster_arn         varchar    its ARN
--   kubernetes_version  varchar    version of Kubernetes, as 1.35
--   platform_version    varchar    version of what AWS runs under it, as eks.17
--   support_policy      varchar    STANDARD (AWS upgrades it then), EXTENDED (it stays, for a fee); null when not told
--   cluster_status      varchar    ACTIVE, UPDATING, DEGRADED, ...
--   health_issues       varchar    issues that EKS sees, as a JSON array; null when none
--   is_endpoint_public  boolean    its API can be reached from the internet, null when not told
--   tags                varchar    tags, as JSON; null when none
--   created_at          timestamp  creation [UTC]
--   observation_id      integer    observation of the cluster
select
    account_id, region, name as cluster_name, arn as cluster_arn, version as kubernetes_version, platform_version,
    json_extract_string(upgrade_policy, '$.supportType') as support_policy, status as cluster_status,
    nullif(cast(json_extract(health, '$.issues') as varchar), '[]') as health_issues,
    cast(json_extract_string(resources_vpc_config, '$.endpointPublicAccess') as boolean) as is_endpoint_public,
    nullif(cast(tags as varchar), '{}') as tags, created_at, observation_id
from raw.eks_cluster
