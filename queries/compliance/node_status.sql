-- purpose: is each node compliant by its patch rows, why or why not, and what does AWS's own label say?
-- inputs:  core.node_scan, fleet/node_coverage, compliance/patch_count
-- grain:   one row per account_id, region, node_id
-- params:
--   as_of                timestamp  report instant [UTC]
--   stale_after_days     integer    a scan older than this no longer counts [d]
--   scan_interval_hours  integer    time between two scans of one node [h]
-- columns:
--   account_id                varchar  AWS account of the node
--   region                    varchar  Region of the node
--   node_id                   varchar  EC2 instance id or hybrid managed node id
--   name                      varchar  tag Name, null when untagged
--   environment               varchar  tag Environment, unknown when untagged
--   owner                     varchar  tag Owner, null when untagged
--   platform                  varchar  display name of the operating system
--   patch_group               varchar  patch group, null when none
--   baseline_id               varchar  patch baseline of the last scan, null without a scan or when it does not tell
--   coverage_state            varchar  coverage state
--   scan_age_days             double   time since the last scan [d], null when no scan is known
--   end_of_support_date       date     last day of vendor support, null when unknown
--   compliance_status         varchar  compliant, non-compliant, past end of support or unknown; null when excluded
--   reason                    varchar  what decided it: coverage state, patch state, or a gap in what was read
--   aws_label                 varchar  AWS's label by the last scan: compliant, non-compliant, or none without one
--   missing_count             bigint   patch rows in state Missing [patches]
--   failed_count              bigint   patch rows in state Failed [patches]
--   pending_reboot_count      bigint   patch rows in state InstalledPendingReboot [patches]
--   rejected_count            bigint   patch rows in state InstalledRejected [patches]
--   installed_count           bigint   patch rows in state Installed or InstalledOther [patches]
--   available_security_count  bigint   patch rows in state AvailableSecurityUpdate [patches]
with scan as (
    select
        account_id, region, node_id,
        coalesce(missing_count, 0) + coalesce(failed_count, 0)
        + coalesce(installed_pending_reboot_count, 0) + coalesce(installed_rejected_count, 0) as open_count,
        coalesce(installed_count, 0) + coalesce(installed_other_count, 0) as installed_count
    from core.node_scan
    where valid_from <= $as_of and valid_to > $as_of and operation_ended_at is not null
),
judged as (
    select
        n.account_id, n.region, n.node_id,
        case
            when n.coverage_state <> 'fresh' then n.coverage_state
            when n.end_of_support_date < cast($as_of as date) then 'past end of support'
            when c.missing_count > 0 then 'missing'
            when c.failed_count > 0 then 'failed'
            when c.pending_reboot_count > 0 then 'pending reboot'
            when c.rejected_count > 0 then 'rejected but installed'
            when c.row_count is null and s.open_count + s.installed_count > 0 then 'patch rows not read'
            when s.open_count > 0 then 'scan and patch rows disagree'
            else 'nothing open'
        end as reason,
        case
            when s.node_id is null then 'none' when s.open_count > 0 then 'non-compliant' else 'compliant'
        end as aws_label
    from fleet_node_coverage as n
    left join scan as s on s.account_id = n.account_id and s.region = n.region and s.node_id = n.node_id
    left join compliance_patch_count as c
        on c.account_id = n.account_id and c.region = n.region and c.node_id = n.node_id
)
select
    n.account_id, n.region, n.node_id, n.name, n.environment, n.owner, n.platform, n.patch_group,
    n.baseline_id, n.coverage_state, n.scan_age_days, n.end_of_support_date,
    case
        when j.reason = 'excluded' then null
        when j.reason = 'nothing open' then 'compliant'
        when j.reason = 'past end of support' then 'past end of support'
        when j.reason in ('missing', 'failed', 'pending reboot', 'rejected but installed') then 'non-compliant'
        else 'unknown'
    end as compliance_status,
    j.reason, j.aws_label, coalesce(c.missing_count, 0) as missing_count,
    coalesce(c.failed_count, 0) as failed_count, coalesce(c.pending_reboot_count, 0) as pending_reboot_count,
    coalesce(c.rejected_count, 0) as rejected_count, coalesce(c.installed_count, 0) as installed_count,
    coalesce(c.available_security_count, 0) as available_security_count
from judged as j
inner join fleet_node_coverage as n
    on n.account_id = j.account_id and n.region = j.region and n.node_id = j.node_id
left join compliance_patch_count as c
    on c.account_id = j.account_id and c.region = j.region and c.node_id = j.node_id
order by n.account_id, n.region, n.node_id
