-- purpose: repositories of container images, whose they are and how they are kept
-- inputs:  raw.ecr_repository, raw.ecr_repository_tag, raw.ecr_lifecycle_policy, core.ecr_pull_through_rule_now
-- grain:   one row per account_id, region, repository_name
-- key:     account_id, region, repository_name
-- columns:
--   account_id            varchar    AWS account
--   region                varchar    Region
--   repository_name       varchar    repository, its path included
--   repository_arn        varchar    its ARN
--   created_at            timestamp  creation [UTC]
--   tag_mutability        varchar    MUTABLE or IMMUTABLE, either WITH_EXCLUSION of some tags: may a tag be moved?
--   encryption_type       varchar    AES256, KMS or KMS_DSSE; null when not told
--   has_lifecycle_policy  boolean    old images expire by rules, null when nobody has asked yet
--   upstream_registry     varchar    registry it is filled from when somebody pulls, null when it is not
--   environment           varchar    tag Environment, null when untagged or its tags are not told
--   application           varchar    tag Application, null when untagged or its tags are not told
--   owner                 varchar    tag Owner, null when untagged or its tags are not told
--   criticality           varchar    tag Criticality, null when untagged or its tags are not told
--   observation_id        integer    observation of the listing
with tagged as (
    -- several spellings live side by side; the first of each list counts
    select account_id, region, repository_arn,
        coalesce(max(case when "key" = 'Environment' then value end),
            max(case when "key" = 'environment' then value end), max(case when "key" = 'env' then value end)
        ) as environment,
        coalesce(max(case when "key" = 'Application' then value end),
            max(case when "key" = 'application' then value end), max(case when "key" = 'app' then value end)
        ) as application,
        coalesce(max(case when "key" = 'Owner' then value end), max(case when "key" = 'owner' then value end)) as owner,
        coalesce(max(case when "key" = 'Criticality' then value end),
            max(case when "key" = 'criticality' then value end)) as criticality
    from raw.ecr_repository_tag
    group by account_id, region, repository_arn
),
policy as (
    select account_id, region, asked_repository as repository_name,
        max(case when lifecycle_policy_text is null then 0 else 1 end) = 1 as has_lifecycle_policy
    from raw.ecr_lifecycle_policy
    group by account_id, region, asked_repository
),
filled as (
    select r.account_id, r.region, r.repository_name, p.upstream_registry, row_number() over (
        partition by r.account_id, r.region, r.repository_name order by length(p.repository_prefix) desc
    ) as choice
    from raw.ecr_repository as r
    inner join core.ecr_pull_through_rule_now as p
        on p.account_id = r.account_id and p.region = r.region
        and (p.repository_prefix = 'ROOT'
            or substr(r.repository_name, 1, length(p.repository_prefix) + 1) = p.repository_prefix || '/')
)
select
    r.account_id, r.region, r.repository_name, r.repository_arn, r.created_at,
    r.image_tag_mutability as tag_mutability,
    json_extract_string(r.encryption_configuration, '$.encryptionType') as encryption_type, p.has_lifecycle_policy,
    f.upstream_registry, t.environment, t.application, t.owner, t.criticality, r.observation_id
from raw.ecr_repository as r
left join tagged as t
    on t.account_id = r.account_id and t.region = r.region and t.repository_arn = r.repository_arn
left join policy as p
    on p.account_id = r.account_id and p.region = r.region and p.repository_name = r.repository_name
left join filled as f
    on f.account_id = r.account_id and f.region = r.region and f.repository_name = r.repository_name and f.choice = 1
