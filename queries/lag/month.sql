-- purpose: how many timed patches came, became effective and stayed open in each month?
-- inputs:  lag/patch_row
-- grain:   one row per month_date of the twelve months up to as_of
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   month_date        date    first day of the month [UTC]
--   open_start_count  bigint  open at its start [patches]
--   arrived_count     bigint  released, or come under our eyes later, in the month [patches]
--   first_seen_count  bigint  there when we first looked at a node older than the month: may be older too [patches]
--   event_count       bigint  became effective in it [patches]
--   gone_count        bigint  ended with their node in it [patches]
--   withdrawn_count   bigint  listed no more in it [patches]
--   open_end_count    bigint  open at its end, or when last seen in it [patches]
--   capacity_share    double  event_count / (open_start_count + arrived_count + first_seen_count) [0..1], null of none
--   is_over           boolean the month was over at as_of
with month_start as (
    select unnest(generate_series(
        date_trunc('month', $as_of) - interval '11 months', date_trunc('month', $as_of), interval '1 month'
    )) as starts_at
),
span as (
    select starts_at, starts_at + interval '1 month' as ends_at from month_start
),
episode as (
    select
        greatest(released_at, coalesce(watched_from_at, released_at)) as started_at, cause,
        case when is_first_look and watched_from_at > released_at
            then coalesce(under_care_at, timestamp '1900-01-01') end as unseen_from_at,
        case when cause <> 'open' then ended_at end as closed_at
    from lag_patch_row
    where timing = 'episode'
),
counted as (
    select
        m.starts_at, m.ends_at,
        count(e.started_at) filter (where e.started_at < m.starts_at) as open_start_count,
        count(e.started_at) filter (
            where e.started_at >= m.starts_at and coalesce(e.unseen_from_at >= m.starts_at, true)
        ) as arrived_count,
        count(e.started_at) filter (
            where e.started_at >= m.starts_at and e.unseen_from_at < m.starts_at
        ) as first_seen_count,
        count(e.started_at) filter (where e.cause = 'patched' and e.closed_at < m.ends_at) as event_count,
        count(e.started_at) filter (where e.cause = 'node gone' and e.closed_at < m.ends_at) as gone_count,
        count(e.started_at) filter (where e.cause = 'withdrawn' and e.closed_at < m.ends_at) as withdrawn_count,
        count(e.started_at) filter (where coalesce(e.closed_at >= m.ends_at, true)) as open_end_count
    from span as m
    left join episode as e
        on e.started_at < m.ends_at and (e.closed_at is null or e.closed_at >= m.starts_at)
    group by m.starts_at, m.ends_at
)
select
    cast(starts_at as date) as month_date, open_start_count, arrived_count, first_seen_count, event_count, gone_count,
    withdrawn_count, open_end_count,
    1.0 * event_count / nullif(open_start_count + arrived_count + first_seen_count, 0) as capacity_share,
    ends_at <= $as_of as is_over
from counted
order by month_date
