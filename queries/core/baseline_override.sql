-- purpose: the objects that associations pass to their patch runs in place of a baseline, and whether they were read
-- inputs:  raw.ssm_association_detail, raw.s3_override_object
-- grain:   one row per account_id, region, override_url
-- key:     account_id, region, override_url
-- columns:
--   account_id       varchar    AWS account whose runs are given it
--   region           varchar    Region
--   override_url     varchar    the object, as the association names it
--   bucket           varchar    its bucket, null when it was not read
--   is_patch_policy  boolean    Quick Setup's own: only such runs report compliance by it
--   is_readable      boolean    the object was read and holds baselines
--   baseline_count   bigint     baselines in it [baselines], null when it was not read
--   modified_at      timestamp  last change of the object [UTC], null when it was not read
--   entity_tag       varchar    ETag of what was read, null when it was not read
--   observation_id   integer    observation of the association that names it
with named as (
    select
        account_id, region, json_extract_string(parameters, '$.BaselineOverride[0]') as override_url,
        max(case when association_name like 'AWS-QuickSetup-PatchPolicy-%' then 1 else 0 end) as policy_count,
        max(observation_id) as observation_id
    from raw.ssm_association_detail
    group by account_id, region, json_extract_string(parameters, '$.BaselineOverride[0]')
)
select
    n.account_id, n.region, n.override_url, o.bucket,
    -- "the baseline overrides are passed from the associated S3 bucket, and the compliance value is updated" holds for
    -- patch policies alone (user guide, "Using the BaselineOverride parameter", read 2026-11-25)
    n.policy_count > 0 or n.override_url like '%aws-quicksetup-patchpolicy-%' as is_patch_policy,
    coalesce(json_array_length(try_cast(o.body as json)) > 0, false) as is_readable,
    cast(json_array_length(try_cast(o.body as json)) as bigint) as baseline_count, o.last_modified as modified_at,
    o.e_tag as entity_tag, n.observation_id
from named as n
left join raw.s3_override_object as o
    on o.account_id = n.account_id and o.region = n.region and o.item = n.override_url
where nullif(n.override_url, '') is not null
