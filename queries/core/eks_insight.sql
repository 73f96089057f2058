-- purpose: what EKS sees in a cluster that hinders an upgrade, with what to do where it does
-- inputs:  raw.eks_insight, raw.eks_insight_detail
-- grain:   one row per account_id, region, cluster_name, insight_id
-- key:     account_id, region, cluster_name, insight_id
-- latest:  refreshed_at
-- columns:
--   account_id           varchar    AWS account
--   region               varchar    Region
--   cluster_name         varchar    its cluster
--   insight_id           varchar    insight
--   insight_name         varchar    what was looked at
--   category             varchar    UPGRADE_READINESS, MISCONFIGURATION or ROLLBACK_READINESS
--   kubernetes_version   varchar    version that an upgrade would go to
--   insight_status       varchar    PASSING, WARNING, ERROR (it blocks the upgrade) or UNKNOWN
--   status_reason        varchar    why, in EKS's words
--   recommendation       varchar    what to do, in EKS's words; null where it passes
--   resource_count       bigint     resources of the cluster that it names, null where it passes
--   deprecated_usages    varchar    interfaces in use that the version no longer has, as a JSON array; null when none
--   addon_compatibility  varchar    add-ons that do not fit, with versions that would, as a JSON array; null when none
--   changed_at           timestamp  when its status last changed [UTC]
--   refreshed_at         timestamp  when EKS last looked [UTC]
--   observation_id       integer    observation of the cluster's insights
select
    i.account_id, i.region, i.cluster_name, i.id as insight_id, i.name as insight_name, i.category,
    i.kubernetes_version, json_extract_string(i.insight_status, '$.status') as insight_status,
    json_extract_string(i.insight_status, '$.reason') as status_reason, d.recommendation,
    case when d.id is not null then cast(coalesce(json_array_length(d.resources), 0) as bigint) end as resource_count,
    nullif(cast(json_extract(d.category_specific_summary, '$.deprecationDetails[*].usage') as varchar), '[]')
        as deprecated_usages,
    nullif(cast(json_extract(d.category_specific_summary, '$.addonCompatibilityDetails') as varchar), '[]')
        as addon_compatibility,
    i.last_transition_time as changed_at, i.last_refresh_time as refreshed_at, i.observation_id
from raw.eks_insight as i
left join raw.eks_insight_detail as d
    on d.account_id = i.account_id and d.region = i.region and d.cluster_name = i.cluster_name and d.id = i.id
    -- of one that passes by now nothing is asked, and what it once said is over
    and json_extract_string(i.insight_status, '$.status') <> 'PASSING'
