-- purpose: who scans each repository's images, and when
-- inputs:  raw.ecr_repository, raw.ecr_registry_scan_setting, raw.ecr_repository_scan_setting
-- grain:   one row per account_id, region, repository_name
-- key:     account_id, region, repository_name
-- columns:
--   account_id       varchar  AWS account
--   region           varchar  Region
--   repository_name  varchar  repository
--   scan_type        varchar  BASIC: ECR itself; ENHANCED: Amazon Inspector; null when it could not be read
--   scan_frequency   varchar  CONTINUOUS_SCAN, SCAN_ON_PUSH or MANUAL (by no rule); null when it could not be read
--   applied_filters  varchar  filters of the registry's rules that take it in, '; ' between, null when none
--   observation_id   integer  observation of the listing of repositories
with setting as (
    select account_id, region, max(json_extract_string(scanning_configuration, '$.scanType')) as scan_type
    from raw.ecr_registry_scan_setting
    group by account_id, region
),
pair as (
    select account_id, region, repository_name,
        unnest(from_json(applied_scan_filters, '[{"filter":"VARCHAR","filterType":"VARCHAR"}]')) as rule
    from raw.ecr_repository_scan_setting
),
filtered as (
    select account_id, region, repository_name, string_agg(rule."filter", '; ' order by rule."filter") as filters
    from pair
    group by account_id, region, repository_name
)
select
    r.account_id, r.region, r.repository_name, s.scan_type, f.scan_frequency, t.filters as applied_filters,
    r.observation_id
from raw.ecr_repository as r
left join setting as s on s.account_id = r.account_id and s.region = r.region
left join raw.ecr_repository_scan_setting as f
    on f.account_id = r.account_id and f.region = r.region and f.repository_name = r.repository_name
left join filtered as t
    on t.account_id = r.account_id and t.region = r.region and t.repository_name = r.repository_name
