-- purpose: prefixes of repositories that ECR fills from another registry when somebody pulls
-- inputs:  raw.ecr_pull_through_rule
-- grain:   one row per account_id, region, repository_prefix
-- key:     account_id, region, repository_prefix
-- columns:
--   account_id         varchar    AWS account
--   region             varchar    Region
--   repository_prefix  varchar    what the names of such repositories begin with, ROOT for all of them
--   upstream_registry  varchar    the other registry, as ECR names it; its address where it has no name
--   upstream_url       varchar    its address
--   created_at         timestamp  creation of the rule [UTC]
--   observation_id     integer    observation of the listing
select
    account_id, region, ecr_repository_prefix as repository_prefix,
    coalesce(upstream_registry, upstream_registry_url) as upstream_registry, upstream_registry_url as upstream_url,
    created_at, observation_id
from raw.ecr_pull_through_rule
