-- purpose: who made the last scan of each node: a window, an association, a patch policy, or a command by hand?
-- inputs:  core.association, core.association_target, core.command, core.maintenance_window, core.node_compliance,
--          core.node_scan, core.window_execution_task, core.window_invocation
-- grain:   one row per account_id, region, node_id with a scan
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id    varchar    AWS account
--   region        varchar    Region
--   node_id       varchar    EC2 instance id or hybrid managed node id
--   operation     varchar    Scan or Install, null when not told
--   last_scan_at  timestamp  end of that operation [UTC]
--   baseline_id   varchar    baseline in force, null when not known
--   command_id    varchar    command that wrote the compliance, null when not told
--   origin_kind   varchar    maintenance window, patch policy, association, command, or unknown
--   origin_name   varchar    name of the window or association, null when there is none
with scan as (
    select account_id, region, node_id, operation, operation_ended_at, baseline_id, baseline_source
    from core.node_scan
    where valid_from <= $as_of and valid_to > $as_of and operation_ended_at is not null
),
written as (
    select account_id, region, node_id, max(execution_id) as command_id
    from core.node_compliance
    where valid_from <= $as_of and valid_to > $as_of and compliance_type = 'Patch'
    group by account_id, region, node_id
),
by_window as (
    select i.account_id, i.region, i.action_id, min(coalesce(w.window_name, t.window_id)) as window_name
    from core.window_invocation as i
    inner join core.window_execution_task as t
        on t.account_id = i.account_id and t.region = i.region
        and t.window_execution_id = i.window_execution_id and t.task_execution_id = i.task_execution_id
        and t.valid_from <= $as_of and t.valid_to > $as_of
    left join core.maintenance_window as w
        on w.account_id = t.account_id and w.region = t.region and w.window_id = t.window_id
        and w.valid_from <= $as_of and w.valid_to > $as_of
    where i.valid_from <= $as_of and i.valid_to > $as_of and i.action_id is not null
    group by i.account_id, i.region, i.action_id
),
by_association as (
    select
        t.account_id, t.region, t.resource_id as node_id, t.output_source_id as command_id,
        min(coalesce(a.association_name, t.association_id)) as association_name
    from core.association_target as t
    left join core.association as a
        on a.account_id = t.account_id and a.region = t.region and a.association_id = t.association_id
        and a.valid_from <= $as_of and a.valid_to > $as_of
    where t.valid_from <= $as_of and t.valid_to > $as_of and t.output_source_id is not null
    group by t.account_id, t.region, t.resource_id, t.output_source_id
)
select
    s.account_id, s.region, s.node_id, s.operation, s.operation_ended_at as last_scan_at, s.baseline_id, c.command_id,
    case
        when s.baseline_source <> 'patch state' then 'patch policy'
        when w.action_id is not null then 'maintenance window' when a.command_id is not null then 'association'
        when h.command_id is not null then 'command' else 'unknown'
    end as origin_kind,
    coalesce(w.window_name, a.association_name) as origin_name
from scan as s
left join written as c on c.account_id = s.account_id and c.region = s.region and c.node_id = s.node_id
left join by_window as w on w.account_id = s.account_id and w.region = s.region and w.action_id = c.command_id
left join by_association as a
    on a.account_id = s.account_id and a.region = s.region and a.node_id = s.node_id and a.command_id = c.command_id
left join core.command as h
    on h.account_id = s.account_id and h.region = s.region and h.command_id = c.command_id
    and h.valid_from <= $as_of and h.valid_to > $as_of
order by s.account_id, s.region, s.node_id
