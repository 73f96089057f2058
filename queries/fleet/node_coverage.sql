-- purpose: what do we know of each node, as the first coverage state that fits it?
-- inputs:  core.node, core.node_scan, core.scan_source, fleet/blocked, fleet/excluded_node
-- grain:   one row per account_id, region, node_id
-- params:
--   as_of                timestamp  report instant [UTC]
--   stale_after_days     integer    a scan older than this no longer counts [d]
--   scan_interval_hours  integer    time between two scans of one node [h]
-- columns:
--   account_id            varchar    AWS account of the node
--   region                varchar    Region of the node
--   node_id               varchar    EC2 instance id or hybrid managed node id
--   node_kind             varchar    ec2 or hybrid
--   name                  varchar    tag Name, null when untagged
--   environment           varchar    tag Environment, unknown when untagged
--   application           varchar    tag Application, null when untagged
--   owner                 varchar    tag Owner, null when untagged
--   criticality           varchar    tag Criticality, null when untagged
--   patch_group           varchar    patch group of the tag, else of the scan, null when neither says
--   platform              varchar    display name of the operating system
--   operating_system      varchar    operating system as Systems Manager spells it, null when unknown
--   end_of_support_date   date       last day of vendor support, null when unknown
--   launched_at           timestamp  last launch of the instance [UTC], null for hybrid nodes
--   baseline_id           varchar    patch baseline of the last scan, null without a scan or when it does not tell
--   last_scan_at          timestamp  end of the last scan or install operation [UTC], null when no scan is known
--   scan_age_days         double     time since then [d], null when no scan is known
--   coverage_state        varchar    first of the nine coverage states that fits
--   exclusion_reason      varchar    why a rule leaves the node out, null when no rule names it
--   exclusion_owner       varchar    who answers for that rule, null when no rule names it
--   exclusion_expires_on  date       last day of that rule, null when no rule names it or it has no end
with scan as (
    select account_id, region, node_id, baseline_id, patch_group, operation_ended_at as last_scan_at
    from core.node_scan
    where valid_from <= $as_of and valid_to > $as_of
),
synced as (
    -- what a bucket tells of a node does not depend on its account's API
    select account_id, region, node_id
    from core.scan_source
    where valid_from <= $as_of and valid_to > $as_of and source like 'datasync%'
)
select
    n.account_id, n.region, n.node_id, n.node_kind, n.name,
    coalesce(n.environment, 'unknown') as environment, n.application, n.owner, n.criticality,
    coalesce(n.patch_group, s.patch_group) as patch_group,
    coalesce(n.platform, 'unknown') as platform, n.operating_system, n.end_of_support_date, n.launched_at,
    s.baseline_id, s.last_scan_at,
    date_diff('second', s.last_scan_at, $as_of) / 86400.0 as scan_age_days,
    case
        when b.account_id is not null and w.node_id is null then 'not readable'
        when not x.is_expired then 'excluded'
        when not n.is_supported_os then 'unsupported OS'
        when n.instance_state in ('stopping', 'stopped', 'shutting-down') then 'stopped'
        when not coalesce(n.is_managed, false) then 'unmanaged'
        when s.last_scan_at is null
            and date_diff('second', n.launched_at, $as_of) < $scan_interval_hours * 3600 then 'short-lived'
        when s.last_scan_at is null then 'never scanned'
        when date_diff('second', s.last_scan_at, $as_of) > $stale_after_days * 86400 then 'stale'
        else 'fresh'
    end as coverage_state,
    x.reason as exclusion_reason, x.owner as exclusion_owner, x.expires_on as exclusion_expires_on
from core.node as n
left join scan as s on s.account_id = n.account_id and s.region = n.region and s.node_id = n.node_id
left join fleet_blocked as b on b.account_id = n.account_id and b.region = n.region
left join synced as w on w.account_id = n.account_id and w.region = n.region and w.node_id = n.node_id
left join fleet_excluded_node as x
    on x.account_id = n.account_id and x.region = n.region and x.node_id = n.node_id
where n.valid_from <= $as_of and n.valid_to > $as_of
order by n.account_id, n.region, n.node_id
