-- purpose: nodes whose last patching operation went by a patch policy's override, and by which baseline if that is known
-- inputs:  raw.ssm_patch_state, core.association_target_now, core.association_now, core.baseline_override_now,
--          core.override_baseline_now, core.node_compliance_now, core.managed_node_now, core.supported_os
-- grain:   one row per account_id, region, node_id
-- key:     account_id, region, node_id
-- columns:
--   account_id       varchar  AWS account
--   region           varchar  Region
--   node_id          varchar  EC2 instance id or hybrid managed node id
--   override_url     varchar  the object that the operation was given
--   is_readable      boolean  the object was read and holds exactly one baseline for the node's operating system
--   baseline_id      varchar  the baseline it copies, null when unknown
--   observation_id   integer  observation of the patch state
with run as (
    select
        t.account_id, t.region, t.resource_id as node_id, t.output_source_id as execution_id, t.executed_at,
        a.baseline_override as override_url
    from core.association_target_now as t
    inner join core.association_now as a
        on a.account_id = t.account_id and a.region = t.region and a.association_id = t.association_id
    inner join core.baseline_override_now as o
        on o.account_id = a.account_id and o.region = a.region and o.override_url = a.baseline_override
    where o.is_patch_policy
),
last_run as (
    -- the execution that wrote the compliance names the run; where either side does not tell, the instants do
    select
        s.account_id, s.region, s.instance_id as node_id, r.override_url, s.observation_id,
        row_number() over (
            partition by s.account_id, s.region, s.instance_id
            order by case when c.execution_id = r.execution_id then 0 else 1 end, r.executed_at desc, r.override_url
        ) as choice
    from raw.ssm_patch_state as s
    inner join run as r on r.account_id = s.account_id and r.region = s.region and r.node_id = s.instance_id
    left join core.node_compliance_now as c
        on c.account_id = s.account_id and c.region = s.region and c.node_id = s.instance_id
        and c.compliance_type = 'Patch'
    where c.execution_id = r.execution_id or (
        (c.execution_id is null or r.execution_id is null)
        and r.executed_at between s.operation_start_time and s.operation_end_time + interval 15 minute
    )
),
platform as (
    select m.account_id, m.region, m.node_id, s.operating_system, row_number() over (
        partition by m.account_id, m.region, m.node_id order by s.precedence, s.name_pattern
    ) as choice
    from core.managed_node_now as m
    inner join core.supported_os as s
        on s.described_by = 'PlatformName' and m.platform_name like s.name_pattern
        and coalesce(m.platform_version, '') || '.' like s.version_pattern
),
inside as (
    -- with none or several for its operating system a run fails: which one would hold is then unknown
    select account_id, region, override_url, operating_system, count(1) as baseline_count,
        min(baseline_id) as baseline_id
    from core.override_baseline_now
    group by account_id, region, override_url, operating_system
)
select
    r.account_id, r.region, r.node_id, r.override_url, coalesce(i.baseline_count = 1, false) as is_readable,
    case when i.baseline_count = 1 then i.baseline_id end as baseline_id, r.observation_id
from last_run as r
left join platform as p
    on p.account_id = r.account_id and p.region = r.region and p.node_id = r.node_id and p.choice = 1
left join inside as i
    on i.account_id = r.account_id and i.region = r.region and i.override_url = r.override_url
    and i.operating_system = p.operating_system
where r.choice = 1
