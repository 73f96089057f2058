-- purpose: the last patching operation of each node, as Systems Manager sums it up; the next one overwrites it
-- inputs:  raw.ssm_patch_state, core.override_scan_now
-- grain:   one row per account_id, region, node_id
-- key:     account_id, region, node_id
-- columns:
--   account_id                        varchar    AWS account
--   region                            varchar    Region
--   node_id                           varchar    EC2 instance id or hybrid managed node id
--   baseline_id                       varchar    baseline in force, without the ARN around AWS's own; null when unknown
--   baseline_source                   varchar    what names it: patch state, override, or unknown for an unread override
--   patch_group                       varchar    patch group, null when none
--   aws_snapshot_id                   varchar    patch baseline snapshot used, null when not told
--   operation                         varchar    Scan or Install
--   operation_started_at              timestamp  start [UTC]
--   operation_ended_at                timestamp  end [UTC], null while it runs
--   last_no_reboot_install_at         timestamp  last installation without a reboot [UTC], null when never
--   reboot_option                     varchar    RebootIfNeeded or NoReboot, null for a scan
--   installed_count                   bigint     patches installed that the baseline wants [patches]
--   installed_other_count             bigint     patches installed that it does not ask for [patches]
--   installed_pending_reboot_count    bigint     patches that wait for a reboot [patches]
--   installed_rejected_count          bigint     rejected patches that are installed [patches]
--   missing_count                     bigint     approved patches not installed [patches]
--   failed_count                      bigint     patches whose installation failed [patches]
--   not_applicable_count              bigint     approved patches that do not apply [patches]
--   unreported_not_applicable_count   bigint     of these not listed one by one [patches]
--   critical_non_compliant_count      bigint     open patches of compliance level Critical [patches]
--   security_non_compliant_count      bigint     open security patches [patches]
--   other_non_compliant_count         bigint     open patches of other levels [patches]
--   available_security_update_count   bigint     security patches not yet approved [patches], null when not told
--   observation_id                    integer    observation of the listing
select
    s.account_id, s.region, s.instance_id as node_id,
    -- which baseline a patch state names after a run with an override is nowhere said (API reference,
    -- InstancePatchState and BaselineOverride, read 2026-11-25): there only the override itself counts
    case when o.node_id is null then split_part(s.baseline_id, '/', -1) else o.baseline_id end as baseline_id,
    case when o.node_id is null then 'patch state' when o.is_readable then 'override' else 'unknown' end
        as baseline_source,
    nullif(s.patch_group, '') as patch_group, s.snapshot_id as aws_snapshot_id, s.operation,
    s.operation_start_time as operation_started_at, s.operation_end_time as operation_ended_at,
    s.last_no_reboot_install_operation_time as last_no_reboot_install_at, s.reboot_option, s.installed_count,
    s.installed_other_count, s.installed_pending_reboot_count, s.installed_rejected_count, s.missing_count,
    s.failed_count, s.not_applicable_count, s.unreported_not_applicable_count, s.critical_non_compliant_count,
    s.security_non_compliant_count, s.other_non_compliant_count, s.available_security_update_count, s.observation_id
from raw.ssm_patch_state as s
left join core.override_scan_now as o
    on o.account_id = s.account_id and o.region = s.region and o.node_id = s.instance_id
