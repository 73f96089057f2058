-- purpose: the last patching operation of each node, as Systems Manager sums it up; the next one overwrites it
-- inputs:  raw.ssm_patch_state, core.synced_scan_now, core.scan_source_now, core.override_scan_now
-- grain:   one row per account_id, region, node_id
-- key:     account_id, region, node_id
-- numbered: node_key
-- columns:
--   account_id                        varchar    AWS account
--   region                            varchar    Region
--   node_id                           varchar    EC2 instance id or hybrid managed node id
--   baseline_id                       varchar    baseline in force, without the ARN around AWS's own; null when unknown
--   baseline_source                   varchar    what names it: patch state, override, or unknown (an unread override)
--   patch_group                       varchar    patch group, null when none
--   aws_snapshot_id                   varchar    patch baseline snapshot used, null when not told
--   operation                         varchar    Scan or Install, null when not told
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
with told as (
    select
        account_id, region, instance_id as node_id, 'ssm_patch_state' as source,
        split_part(baseline_id, '/', -1) as baseline_id, nullif(patch_group, '') as patch_group,
        snapshot_id as aws_snapshot_id, operation, operation_start_time as operation_started_at,
        operation_end_time as operation_ended_at, last_no_reboot_install_operation_time as last_no_reboot_install_at,
        reboot_option,
        installed_count, installed_other_count, installed_pending_reboot_count, installed_rejected_count,
        missing_count, failed_count, not_applicable_count, unreported_not_applicable_count,
        critical_non_compliant_count, security_non_compliant_count, other_non_compliant_count,
        available_security_update_count
    from raw.ssm_patch_state
    union all
    select
        account_id, region, node_id, source, baseline_id, patch_group, aws_snapshot_id, operation,
        operation_started_at, operation_ended_at, last_no_reboot_install_at, reboot_option,
        installed_count, installed_other_count, installed_pending_reboot_count, installed_rejected_count,
        missing_count, failed_count, not_applicable_count, unreported_not_applicable_count,
        critical_non_compliant_count, security_non_compliant_count, other_non_compliant_count,
        available_security_update_count
    from core.synced_scan_now
)
select
    t.account_id, t.region, t.node_id,
    -- which baseline a patch state names after a run with an override is nowhere said (API reference,
    -- InstancePatchState and BaselineOverride, read 2026-11-25): there only the override itself counts
    case when o.node_id is null then t.baseline_id else o.baseline_id end as baseline_id,
    case when o.node_id is null then 'patch state' when o.is_readable then 'override' else 'unknown' end
        as baseline_source,
    t.patch_group, t.aws_snapshot_id, t.operation, t.operation_started_at, t.operation_ended_at,
    t.last_no_reboot_install_at, t.reboot_option,
    t.installed_count, t.installed_other_count, t.installed_pending_reboot_count, t.installed_rejected_count,
    t.missing_count, t.failed_count, t.not_applicable_count,
    t.unreported_not_applicable_count, t.critical_non_compliant_count,
    t.security_non_compliant_count, t.other_non_compliant_count, t.available_security_update_count, s.observation_id
from told as t
inner join core.scan_source_now as s
    on s.account_id = t.account_id and s.region = t.region and s.node_id = t.node_id and s.source = t.source
left join core.override_scan_now as o
    on o.account_id = t.account_id and o.region = t.region and o.node_id = t.node_id
