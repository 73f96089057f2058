-- purpose: how many services enter and leave risk on each day after the release? What their survival curve needs
-- inputs:  core.snapshot, lag/service_exposure, lag/service_item
-- grain:   one row per service_kind, item_kind, severity, environment, day; cubes merge by adding their counts
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   service_kind    varchar  as core.node_service says
--   item_kind       varchar  patch or cve
--   severity        varchar  vendor severity, the gravest
--   environment     varchar  tag Environment of the members, mixed when they differ, unknown when untagged
--   day             double   days since release; what ends within a day ends at its middle [d]
--   entry_count     bigint   items whose first member came to be at risk on this day [items]
--   exit_count      bigint   items that ended on this day, for whatever reason, or were last seen open [items]
--   event_count     bigint   of these patched or replaced [items]
--   replaced_count  bigint   of these replaced [items]
--   retired_count   bigint   of those that ended, the service had no member left: not patched, and not open [items]
--   instance_count  bigint   wrong, for comparison: ids patched or terminated, days from their own start [nodes]
with first_look as (
    select min(taken_at) as taken_at from core.snapshot where taken_at <= $as_of
),
seen as (
    -- of services whose members are replaced only those are left that were not replaced before our first look: they
    -- are at risk of being seen to end from then on. A node tells by itself when it was patched
    select
        i.service_kind, i.item_kind, i.severity, i.environment, i.released_at, i.ended_at, i.outcome,
        case when i.service_kind = 'node' then i.started_at else greatest(i.started_at, f.taken_at) end as entered_at
    from lag_service_item as i
    cross join first_look as f
),
mark as (
    select
        service_kind, item_kind, severity, environment, 1 as entered, 0 as ended, '' as outcome, 0 as instances,
        floor(date_diff('second', released_at, entered_at) / 86400.0) as day
    from seen
    where entered_at <= ended_at
    union all
    select
        service_kind, item_kind, severity, environment, 0 as entered, 1 as ended, outcome, 0 as instances,
        -- services are few and their mean is told: whole days begun would add half a day to it
        floor(date_diff('second', released_at, ended_at) / 86400.0) + 0.5 as day
    from seen
    where entered_at <= ended_at
    union all
    select
        i.service_kind, i.item_kind, i.severity, i.environment, 0 as entered, 0 as ended, '' as outcome, 1 as instances,
        floor(date_diff('second', e.started_at, e.ended_at) / 86400.0) + 0.5 as day
    from lag_service_exposure as e
    inner join lag_service_item as i
        on i.account_id = e.account_id and i.region = e.region and i.service_kind = e.service_kind
        and i.service_id = e.service_id and i.item_kind = e.item_kind and i.item_id = e.item_id
    where e.ending in ('patched', 'left')
)
select
    service_kind, item_kind, severity, environment, day, cast(sum(entered) as bigint) as entry_count,
    cast(sum(ended) as bigint) as exit_count,
    count(1) filter (where outcome in ('patched', 'replaced')) as event_count,
    count(1) filter (where outcome = 'replaced') as replaced_count,
    count(1) filter (where outcome = 'retired') as retired_count, cast(sum(instances) as bigint) as instance_count
from mark
group by service_kind, item_kind, severity, environment, day
order by service_kind, item_kind, severity, environment, day
