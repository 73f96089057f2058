-- purpose: patching operations of nodes as Resource Data Sync tells them: summed up by AWS, or counted from patches
-- inputs:  raw.datasync_patch_summary, raw.datasync_compliance_item
-- grain:   one row per account_id, region, node_id, source
-- key:     account_id, region, node_id, source
-- columns:
--   account_id                        varchar    AWS account
--   region                            varchar    Region
--   node_id                           varchar    EC2 instance id or hybrid managed node id
--   source                            varchar    datasync_patch_summary or datasync_compliance_item
--   baseline_id                       varchar    patch baseline used, without the ARN around AWS's own
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
--   observation_id                    integer    observation of the object
with counted as (
    -- where the operation's own summary is missing or older: what the patches themselves say
    select account_id, region, item, max(patch_baseline_id) as baseline_id, max(patch_group) as patch_group,
        max(execution_time) as execution_time, max(capture_time) as capture_time, max(observation_id) as observation_id,
        count(*) filter (where patch_state = 'Installed') as installed_count,
        count(*) filter (where patch_state = 'InstalledOther') as installed_other_count,
        count(*) filter (where patch_state = 'InstalledPendingReboot') as installed_pending_reboot_count,
        count(*) filter (where patch_state = 'InstalledRejected') as installed_rejected_count,
        count(*) filter (where patch_state = 'Missing') as missing_count,
        count(*) filter (where patch_state = 'Failed') as failed_count,
        count(*) filter (where patch_state = 'NotApplicable') as not_applicable_count,
        count(*) filter (where patch_state = 'AvailableSecurityUpdate') as available_security_update_count
    from raw.datasync_compliance_item
    where compliance_type = 'Patch'
    group by account_id, region, item
)
select
    account_id, region, item as node_id, 'datasync_patch_summary' as source,
    split_part(baseline_id, '/', -1) as baseline_id, nullif(patch_group, '') as patch_group,
    snapshot_id as aws_snapshot_id, operation_type as operation, operation_start_time as operation_started_at,
    coalesce(operation_end_time, capture_time) as operation_ended_at,
    last_no_reboot_install_operation_time as last_no_reboot_install_at, reboot_option,
    installed_count, installed_other_count, installed_pending_reboot_count, installed_rejected_count,
    missing_count, failed_count, not_applicable_count, unreported_not_applicable_count,
    critical_non_compliant_count, security_non_compliant_count, other_non_compliant_count,
    available_security_update_count, observation_id
from raw.datasync_patch_summary
union all
select
    account_id, region, item, 'datasync_compliance_item', split_part(baseline_id, '/', -1), nullif(patch_group, ''),
    null, null, execution_time, coalesce(capture_time, execution_time), null, null,
    installed_count, installed_other_count, installed_pending_reboot_count, installed_rejected_count, missing_count,
    failed_count, not_applicable_count, null, null, null, null, available_security_update_count, observation_id
from counted
