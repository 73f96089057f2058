-- purpose: patch rows of a node add up to what its last scan counted
-- inputs:  core.node_scan_now, core.node_patch_now
-- grain:   one row per account_id, region, node_id that differs
-- severity: warn
-- columns:
--   account_id       varchar  AWS account
--   region           varchar  Region
--   node_id          varchar  EC2 instance id or hybrid managed node id
--   installed_rows   bigint   rows in state Installed [patches]
--   installed_count  bigint   the scan's count [patches]
--   missing_rows     bigint   rows in state Missing [patches]
--   missing_count    bigint   the scan's count [patches]
--   failed_rows      bigint   rows in state Failed [patches]
--   failed_count     bigint   the scan's count [patches]
--   pending_rows     bigint   rows in state InstalledPendingReboot [patches]
--   pending_count    bigint   the scan's count [patches]
--   rejected_rows    bigint   rows in state InstalledRejected [patches]
--   rejected_count   bigint   the scan's count [patches]
with counted as (
    select
        account_id, region, node_id,
        count(*) filter (where patch_state = 'Installed') as installed_rows,
        count(*) filter (where patch_state = 'Missing') as missing_rows,
        count(*) filter (where patch_state = 'Failed') as failed_rows,
        count(*) filter (where patch_state = 'InstalledPendingReboot') as pending_rows,
        count(*) filter (where patch_state = 'InstalledRejected') as rejected_rows
    from core.node_patch_now
    group by account_id, region, node_id
),
compared as (
    select
        s.account_id, s.region, s.node_id,
        coalesce(c.installed_rows, 0) as installed_rows, coalesce(s.installed_count, 0) as installed_count,
        coalesce(c.missing_rows, 0) as missing_rows, coalesce(s.missing_count, 0) as missing_count,
        coalesce(c.failed_rows, 0) as failed_rows, coalesce(s.failed_count, 0) as failed_count,
        coalesce(c.pending_rows, 0) as pending_rows, coalesce(s.installed_pending_reboot_count, 0) as pending_count,
        coalesce(c.rejected_rows, 0) as rejected_rows, coalesce(s.installed_rejected_count, 0) as rejected_count
    from core.node_scan_now as s
    left join counted as c on c.account_id = s.account_id and c.region = s.region and c.node_id = s.node_id
)
select
    account_id, region, node_id, installed_rows, installed_count, missing_rows, missing_count,
    failed_rows, failed_count, pending_rows, pending_count, rejected_rows, rejected_count
from compared
where installed_rows <> installed_count or missing_rows <> missing_count or failed_rows <> failed_count
    or pending_rows <> pending_count or rejected_rows <> rejected_count
order by account_id, region, node_id
