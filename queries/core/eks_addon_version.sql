-- purpose: versions of the add-ons in use, and the versions of Kubernetes that each fits
-- inputs:  raw.eks_addon_version
-- grain:   one row per account_id, region, addon_name, addon_version, kubernetes_version
-- key:     account_id, region, addon_name, addon_version, kubernetes_version
-- columns:
--   account_id          varchar  AWS account that was answered
--   region              varchar  Region
--   addon_name          varchar  add-on
--   addon_version       varchar  version of the add-on
--   kubernetes_version  varchar  version of Kubernetes that it fits
--   is_default          boolean  it is what a cluster of that version gets unless another is asked for
--   observation_id      integer  observation of the add-on's versions
with each_version as (
    select account_id, region, addon_name, observation_id, unnest(cast(addon_versions as json[])) as version
    from raw.eks_addon_version
    where addon_versions is not null
),
fitting as (
    select
        account_id, region, addon_name, observation_id, json_extract_string(version, '$.addonVersion') as addon_version,
        unnest(cast(json_extract(version, '$.compatibilities') as json[])) as fit
    from each_version
)
select
    account_id, region, addon_name, addon_version, json_extract_string(fit, '$.clusterVersion') as kubernetes_version,
    bool_or(coalesce(cast(json_extract_string(fit, '$.defaultVersion') as boolean), false)) as is_default,
    max(observation_id) as observation_id
from fitting
group by account_id, region, addon_name, addon_version, json_extract_string(fit, '$.clusterVersion')
