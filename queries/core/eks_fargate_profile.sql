-- purpose: Fargate profiles of EKS clusters: pods that AWS places, and that no node of the account runs
-- inputs:  raw.eks_fargate_profile
-- grain:   one row per account_id, region, cluster_name, profile_name
-- key:     account_id, region, cluster_name, profile_name
-- columns:
--   account_id      varchar    AWS account
--   region          varchar    Region
--   cluster_name    varchar    its cluster
--   profile_name    varchar    profile
--   profile_status  varchar    ACTIVE, CREATING, DELETING, ...
--   selectors       varchar    namespaces and labels of the pods, as a JSON array
--   created_at      timestamp  creation [UTC]
--   observation_id  integer    observation of the profile
select
    account_id, region, cluster_name, fargate_profile_name as profile_name, status as profile_status,
    cast(selectors as varchar) as selectors, created_at, observation_id
from raw.eks_fargate_profile
