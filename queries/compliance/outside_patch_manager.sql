-- purpose: which nodes were patched outside Patch Manager, and of which patches can that not be told?
-- inputs:  core.node, core.node_key, core.node_patch, core.observation, compliance/install_run
-- grain:   one row per account_id, region, node_id with a patch installed since its launch
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id           varchar    AWS account
--   region               varchar    Region
--   node_id              varchar    EC2 instance id or hybrid managed node id
--   name                 varchar    tag Name, null when untagged
--   environment          varchar    tag Environment, unknown when untagged
--   owner                varchar    tag Owner, null when untagged
--   verdict              varchar    outside, not known (no record, or undated), by Patch Manager, nothing on record
--   last_install_at      timestamp  last installation by Patch Manager on record [UTC], null when none
--   record_begins_at     timestamp  from when commands are on record [UTC], null when they were never read
--   installed_count      bigint     patches installed since then and since the launch [patches]
--   outside_count        bigint     of these with no installation by Patch Manager within a day [patches]
--   outside_other_count  bigint     of these in state InstalledOther [patches]
--   last_outside_at      timestamp  installation of the last of them [UTC], null when none
--   before_count         bigint     patches installed since the launch, before the record begins: not told [patches]
--   undated_count        bigint     patches without an instant of installation: not told [patches]
with record as (
    -- Run Command keeps 30 days (patchlib.sources.ssm_command): the first listing reaches back so far
    select account_id, region, min(observed_at) - interval '1 day' * 30 as record_begins_at
    from core.observation
    where source = 'ssm_command_invocation' and observed_at <= $as_of
    group by account_id, region
),
installed as (
    select
        n.account_id, n.region, n.node_id, p.patch_key, p.patch_state, p.installed_at, r.record_begins_at,
        p.installed_at >= r.record_begins_at as is_on_record, count(u.run_at) as run_count
    from core.node_patch as p
    inner join core.node_key as k on k.node_key = p.node_key
    inner join core.node as n
        on n.account_id = k.account_id and n.region = k.region and n.node_id = k.node_id
        and n.valid_from <= $as_of and n.valid_to > $as_of
    left join record as r on r.account_id = n.account_id and r.region = n.region
    -- some systems tell only the day of an installation
    left join compliance_install_run as u
        on u.account_id = n.account_id and u.region = n.region and u.node_id = n.node_id
        and date_diff('day', u.run_at, p.installed_at) between -1 and 1
    where p.valid_from <= $as_of and p.valid_to > $as_of and p.patch_state in ('Installed', 'InstalledOther')
        and coalesce(p.installed_at > n.launched_at, true)
    group by n.account_id, n.region, n.node_id, p.patch_key, p.patch_state, p.installed_at, r.record_begins_at
),
counted as (
    select
        account_id, region, node_id, max(record_begins_at) as record_begins_at,
        count(1) filter (where is_on_record) as installed_count,
        count(1) filter (where is_on_record and run_count = 0) as outside_count,
        count(1) filter (where is_on_record and run_count = 0 and patch_state = 'InstalledOther')
            as outside_other_count,
        max(case when is_on_record and run_count = 0 then installed_at end) as last_outside_at,
        count(1) filter (where installed_at is not null and not coalesce(is_on_record, false)) as before_count,
        count(1) filter (where installed_at is null) as undated_count
    from installed
    group by account_id, region, node_id
),
last_run as (
    select account_id, region, node_id, max(run_at) as last_install_at
    from compliance_install_run
    group by account_id, region, node_id
)
select
    c.account_id, c.region, c.node_id, n.name, coalesce(n.environment, 'unknown') as environment, n.owner,
    case
        when c.outside_count > 0 then 'outside'
        when c.record_begins_at is null or c.undated_count > 0 then 'not known'
        when c.installed_count > 0 then 'by Patch Manager' else 'nothing on record'
    end as verdict,
    l.last_install_at, c.record_begins_at, c.installed_count, c.outside_count, c.outside_other_count,
    c.last_outside_at, c.before_count, c.undated_count
from counted as c
inner join core.node as n
    on n.account_id = c.account_id and n.region = c.region and n.node_id = c.node_id
    and n.valid_from <= $as_of and n.valid_to > $as_of
left join last_run as l on l.account_id = c.account_id and l.region = c.region and l.node_id = c.node_id
order by c.account_id, c.region, c.node_id
