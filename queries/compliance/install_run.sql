-- purpose: when did Patch Manager install on each node, by everything that is on record?
-- inputs:  core.association, core.association_target, core.command, core.command_invocation, core.node_scan
-- grain:   one row per account_id, region, node_id, run_at
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id  varchar    AWS account
--   region      varchar    Region
--   node_id     varchar    EC2 instance id or hybrid managed node id
--   run_at      timestamp  start of an installation, else when it was sent or reported [UTC]
--   told_by     varchar    command, association, or scan: the last operation as a patch state tells it
with told as (
    -- what is no longer listed was on record once: history counts
    select i.account_id, i.region, i.node_id, coalesce(i.started_at, i.requested_at) as run_at, 'command' as told_by
    from core.command_invocation as i
    inner join core.command as c
        on c.account_id = i.account_id and c.region = i.region and c.command_id = i.command_id
        and c.operation = 'Install' and c.valid_from <= $as_of
    where i.valid_from <= $as_of and i.status not in ('Pending', 'Cancelled')
    union all
    select t.account_id, t.region, t.resource_id as node_id, t.executed_at as run_at, 'association' as told_by
    from core.association_target as t
    inner join core.association as a
        on a.account_id = t.account_id and a.region = t.region and a.association_id = t.association_id
        and a.operation = 'Install' and a.valid_from <= $as_of
    where t.valid_from <= $as_of
    union all
    select account_id, region, node_id, operation_started_at as run_at, 'scan' as told_by
    from core.node_scan
    where valid_from <= $as_of and operation = 'Install'
    union all
    select account_id, region, node_id, last_no_reboot_install_at as run_at, 'scan' as told_by
    from core.node_scan
    where valid_from <= $as_of
)
select account_id, region, node_id, run_at, min(told_by) as told_by
from told
where run_at <= $as_of
group by account_id, region, node_id, run_at
order by account_id, region, node_id, run_at
