-- purpose: what do the baselines of two environments set for the same operating system, and where do they differ?
-- inputs:  core.baseline_setting, governance/environment_baseline
-- grain:   one row per operating_system, aspect, subject that a baseline of either environment sets
-- params:
--   as_of              timestamp  report instant [UTC]
--   environment        varchar    the one environment
--   other_environment  varchar    the other environment
-- columns:
--   operating_system    varchar  operating system as Systems Manager spells it
--   aspect              varchar  approval, compliance level, approved or rejected by name, source, two on updates
--   subject             varchar  product, classification and severity; a patch as the list names it; a source; all
--   setting             varchar  what the one environment sets, several with a semicolon between; null when nothing
--   other_setting       varchar  what the other environment sets, likewise; null when nothing
--   is_different        boolean  they differ, null when one has no node of this system whose baseline was read
--   node_count          bigint   nodes of the one environment whose baseline was read [nodes]
--   other_node_count    bigint   nodes of the other environment, likewise [nodes]
--   unread_count        bigint   nodes of the one environment whose baseline is not known or was not read [nodes]
--   other_unread_count  bigint   nodes of the other environment, likewise [nodes]
with side as (
    select
        operating_system, environment = $other_environment as is_other,
        cast(sum(case when is_read then node_count else 0 end) as bigint) as node_count,
        cast(sum(case when is_read then 0 else node_count end) as bigint) as unread_count
    from governance_environment_baseline
    where environment in ($environment, $other_environment)
    group by operating_system, environment = $other_environment
),
held as (
    select
        e.operating_system, e.environment = $other_environment as is_other, s.aspect, s.subject, s.setting,
        e.account_id, e.region, e.baseline_id, e.node_count
    from governance_environment_baseline as e
    inner join core.baseline_setting as s
        on s.account_id = e.account_id and s.region = e.region and s.baseline_id = e.baseline_id
        and s.valid_from <= $as_of and s.valid_to > $as_of
    where e.environment in ($environment, $other_environment)
),
reached as (
    select operating_system, is_other, aspect, subject, cast(sum(node_count) as bigint) as node_count
    from (
        select distinct operating_system, is_other, aspect, subject, account_id, region, baseline_id, node_count
        from held
    ) as subject
    group by operating_system, is_other, aspect, subject
),
told as (
    -- where some nodes of the environment go without, that is a setting as well
    select
        h.operating_system, h.is_other, h.aspect, h.subject,
        string_agg(distinct h.setting, '; ' order by h.setting)
        || case when max(r.node_count) < max(s.node_count) then '; not set' else '' end as setting
    from held as h
    inner join reached as r
        on r.operating_system = h.operating_system and r.is_other = h.is_other and r.aspect = h.aspect
        and r.subject = h.subject
    inner join side as s on s.operating_system = h.operating_system and s.is_other = h.is_other
    group by h.operating_system, h.is_other, h.aspect, h.subject
),
subject as (
    select distinct operating_system, aspect, subject from told
)
select
    k.operating_system, k.aspect, k.subject, a.setting, b.setting as other_setting,
    case when x.node_count > 0 and y.node_count > 0 then coalesce(a.setting <> b.setting, true) end as is_different,
    coalesce(x.node_count, 0) as node_count, coalesce(y.node_count, 0) as other_node_count,
    coalesce(x.unread_count, 0) as unread_count, coalesce(y.unread_count, 0) as other_unread_count
from subject as k
left join told as a
    on a.operating_system = k.operating_system and a.aspect = k.aspect and a.subject = k.subject and not a.is_other
left join told as b
    on b.operating_system = k.operating_system and b.aspect = k.aspect and b.subject = k.subject and b.is_other
left join side as x on x.operating_system = k.operating_system and not x.is_other
left join side as y on y.operating_system = k.operating_system and y.is_other
order by k.operating_system, k.aspect, k.subject
