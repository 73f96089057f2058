-- purpose: on how many days of each week were the members of a service open to something?
-- inputs:  lag/service_exposure, risk/watched_from
-- grain:   one row per account_id, region, service_kind, service_id, item_kind, week_start_date of thirteen weeks
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id       varchar  AWS account
--   region           varchar  Region
--   service_kind     varchar  as core.node_service says
--   service_id       varchar  names the service among its kind in the account and Region
--   service_name     varchar  name to show
--   item_kind        varchar  patch, or cve: a vulnerability of which the patch that fixes it is known
--   week_start_date  date     Monday of the ISO week
--   node_days        double   days that members were open to at least one, null: not watched all of it [node days]
--   item_days        double   days of all that they were open to, null likewise [item days]
--   node_count       bigint   members that were open to one in the week, null likewise [nodes]
--   is_over          boolean  the week was over at as_of
with week as (
    select starts_at, least(starts_at + interval '7 days', $as_of) as ends_at
    from (select unnest(generate_series(
        date_trunc('week', $as_of) - interval '12 weeks', date_trunc('week', $as_of), interval '1 week'
    )) as starts_at) as series
),
spell as (
    select
        account_id, region, service_kind, service_id, service_name, item_kind, node_id, started_at, ended_at,
        case when max(ended_at) over (
            partition by account_id, region, service_kind, service_id, item_kind, node_id
            order by started_at, ended_at, item_id rows between unbounded preceding and 1 preceding
        ) >= started_at then 0 else 1 end as is_first, item_id
    from lag_service_exposure
),
numbered as (
    select
        account_id, region, service_kind, service_id, item_kind, node_id, started_at, ended_at, sum(is_first) over (
            partition by account_id, region, service_kind, service_id, item_kind, node_id
            order by started_at, ended_at, item_id rows between unbounded preceding and current row
        ) as stretch
    from spell
),
-- what a member was open to overlaps: its days count once
stretch as (
    select
        account_id, region, service_kind, service_id, item_kind, node_id, min(started_at) as started_at,
        max(ended_at) as ended_at
    from numbered
    group by account_id, region, service_kind, service_id, item_kind, node_id, stretch
),
by_node as (
    select
        s.account_id, s.region, s.service_kind, s.service_id, s.item_kind, w.starts_at,
        count(distinct s.node_id) as node_count, sum(date_diff(
            'second', greatest(s.started_at, w.starts_at), least(s.ended_at, w.ends_at)) / 86400.0) as node_days
    from stretch as s inner join week as w on s.started_at < w.ends_at and s.ended_at > w.starts_at
    group by s.account_id, s.region, s.service_kind, s.service_id, s.item_kind, w.starts_at
),
by_item as (
    select
        s.account_id, s.region, s.service_kind, s.service_id, s.item_kind, w.starts_at, sum(date_diff(
            'second', greatest(s.started_at, w.starts_at), least(s.ended_at, w.ends_at)) / 86400.0) as item_days
    from spell as s inner join week as w on s.started_at < w.ends_at and s.ended_at > w.starts_at
    group by s.account_id, s.region, s.service_kind, s.service_id, s.item_kind, w.starts_at
),
service as (
    select account_id, region, service_kind, service_id, max(service_name) as service_name, item_kind
    from spell group by account_id, region, service_kind, service_id, item_kind
)
select
    v.account_id, v.region, v.service_kind, v.service_id, v.service_name, v.item_kind,
    cast(w.starts_at as date) as week_start_date,
    -- before anybody looked nothing is known, which is not zero
    case when w.starts_at >= f.watched_from_at then coalesce(n.node_days, 0.0) end as node_days,
    case when w.starts_at >= f.watched_from_at then coalesce(i.item_days, 0.0) end as item_days,
    case when w.starts_at >= f.watched_from_at then coalesce(n.node_count, 0) end as node_count,
    w.starts_at + interval '7 days' <= $as_of as is_over
from service as v cross join week as w
left join risk_watched_from as f using (account_id, region)
left join by_node as n using (account_id, region, service_kind, service_id, item_kind, starts_at)
left join by_item as i using (account_id, region, service_kind, service_id, item_kind, starts_at)
order by v.account_id, v.region, v.service_kind, v.service_id, v.item_kind, week_start_date
