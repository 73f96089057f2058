-- purpose: which maintenance windows, associations and patch policies patch one node, and when do they run?
-- inputs:  core.association, core.association_target, core.maintenance_window, core.observation, core.patch_policy,
--          lag/window_node
-- grain:   one row per kind, id
-- params:
--   as_of       timestamp  report instant [UTC]
--   account_id  varchar    AWS account of the node
--   region      varchar    Region of the node
--   node_id     varchar    EC2 instance id or hybrid managed node id
-- columns:
--   kind                  varchar    maintenance window, association or patch policy
--   id                    varchar    window, association, or configuration manager and number of its policy
--   name                  varchar    name, null when none
--   operation             varchar    Install, Scan, or ScanAndInstall of a patch policy
--   schedule              varchar    cron, rate or at expression, null when none
--   schedule_timezone     varchar    time zone of the schedule (IANA), null for UTC
--   schedule_offset_days  bigint     days after the cron date [d], null when none
--   starts_at             varchar    first instant it may run, ISO text; null when at once
--   ends_at               varchar    last instant it may run, ISO text; null when without end
--   is_enabled            boolean    it runs
--   told_next_at          varchar    next run after observed_at as AWS gives it, ISO text; null when not told
--   reached_by            varchar    how the node is known to be reached
--   observation_id        integer    observation: core.observation
--   snapshot_id           varchar    snapshot that holds the page
--   source                varchar    source of the catalogue
--   seen_account_id       varchar    AWS account read
--   seen_region           varchar    Region read
--   item                  varchar    item read, null where the listing was read whole
--   observed_at           timestamp  instant of the answer [UTC]
with executed as (
    select distinct association_id
    from core.association_target
    where account_id = $account_id and region = $region and resource_id = $node_id and valid_from <= $as_of
),
serving as (
    select 'maintenance window' as kind, w.window_id as id, w.window_name as name, 'Install' as operation, w.schedule,
        w.schedule_timezone, w.schedule_offset_days, w.starts_at, w.ends_at, w.is_enabled,
        w.next_execution_at as told_next_at, 'targets of its tasks select the node' as reached_by, w.observation_id
    from lag_window_node as n
    inner join core.maintenance_window as w
        on w.account_id = n.account_id and w.region = n.region and w.window_id = n.window_id
        and w.valid_from <= $as_of and w.valid_to > $as_of
    where n.account_id = $account_id and n.region = $region and n.node_id = $node_id
    union all
    select 'association', a.association_id, coalesce(a.association_name, a.document_name), a.operation, a.schedule,
        null, a.schedule_offset_days, null, null, true, null, 'one of its executions reached the node',
        a.observation_id
    from executed as e
    inner join core.association as a
        on a.account_id = $account_id and a.region = $region and a.association_id = e.association_id
        and a.operation is not null and a.valid_from <= $as_of and a.valid_to > $as_of
    union all
    select 'patch policy', p.manager_arn || ' ' || p.definition_number, p.policy_name, p.patch_operation,
        coalesce(p.install_schedule, p.scan_schedule), null, null, null, null, true, null,
        'its account and Region are named; the node if it is among: ' || coalesce(p.target_type, 'all')
        || coalesce(' ' || p.target, ''), p.observation_id
    from core.patch_policy as p
    where position($account_id in p.target_accounts) > 0 and position($region in p.target_regions) > 0
        and p.valid_from <= $as_of and p.valid_to > $as_of
)
select
    s.kind, s.id, s.name, s.operation, s.schedule, s.schedule_timezone, s.schedule_offset_days, s.starts_at, s.ends_at,
    s.is_enabled, s.told_next_at, s.reached_by, s.observation_id, o.snapshot_id, o.source,
    o.account_id as seen_account_id, o.region as seen_region, o.item, o.observed_at
from serving as s
inner join core.observation as o on o.observation_id = s.observation_id
order by s.kind desc, s.id
