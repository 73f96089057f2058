-- purpose: add-ons of EKS clusters: the version that is installed, and its state
-- inputs:  raw.eks_addon
-- grain:   one row per account_id, region, cluster_name, addon_name
-- key:     account_id, region, cluster_name, addon_name
-- columns:
--   account_id      varchar    AWS account
--   region          varchar    Region
--   cluster_name    varchar    its cluster
--   addon_name      varchar    add-on
--   addon_version   varchar    version that is installed, as v1.20.4-eksbuild.2
--   addon_status    varchar    ACTIVE, DEGRADED, UPDATE_FAILED, ...
--   health_issues   varchar    issues that EKS sees, as a JSON array; null when none
--   publisher       varchar    who publishes it: eks, or a vendor
--   created_at      timestamp  creation [UTC]
--   modified_at     timestamp  last change [UTC]
--   observation_id  integer    observation of the add-on
select
    account_id, region, cluster_name, addon_name, addon_version, status as addon_status,
    nullif(cast(json_extract(health, '$.issues') as varchar), '[]') as health_issues, publisher, created_at,
    modified_at, observation_id
from raw.eks_addon
