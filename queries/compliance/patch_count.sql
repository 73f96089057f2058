-- purpose: how many patch rows of each node are in each patch state?
-- inputs:  core.node_key, core.node_patch
-- grain:   one row per account_id, region, node_id that has patch rows
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id                varchar  AWS account of the node
--   region                    varchar  Region of the node
--   node_id                   varchar  EC2 instance id or hybrid managed node id
--   missing_count             bigint   patch rows in state Missing [patches]
--   failed_count              bigint   patch rows in state Failed [patches]
--   pending_reboot_count      bigint   patch rows in state InstalledPendingReboot [patches]
--   rejected_count            bigint   patch rows in state InstalledRejected [patches]
--   available_security_count  bigint   patch rows in state AvailableSecurityUpdate [patches]
--   installed_count           bigint   patch rows in state Installed or InstalledOther [patches]
--   row_count                 bigint   all patch rows, NotApplicable included [patches]
with counted as (
    select
        node_key, count(1) as row_count,
        count(1) filter (where patch_state = 'Missing') as missing_count,
        count(1) filter (where patch_state = 'Failed') as failed_count,
        count(1) filter (where patch_state = 'InstalledPendingReboot') as pending_reboot_count,
        count(1) filter (where patch_state = 'InstalledRejected') as rejected_count,
        count(1) filter (where patch_state = 'AvailableSecurityUpdate') as available_security_count,
        count(1) filter (where patch_state in ('Installed', 'InstalledOther')) as installed_count
    from core.node_patch
    where valid_from <= $as_of and valid_to > $as_of
    group by node_key
)
select
    k.account_id, k.region, k.node_id, c.missing_count, c.failed_count, c.pending_reboot_count,
    c.rejected_count, c.available_security_count, c.installed_count, c.row_count
from counted as c
inner join core.node_key as k on k.node_key = c.node_key
order by k.account_id, k.region, k.node_id
