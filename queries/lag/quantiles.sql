-- purpose: after how many days are half and nine tenths of the patches effective, and what does a closed-only mean say?
-- inputs:  core.severity, lag/episode, lag/survival
-- grain:   one row per severity, environment
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   severity            varchar  vendor severity
--   environment         varchar  tag Environment, unknown when untagged
--   episode_count       bigint   episodes at risk, the denominator [patches]
--   event_count         bigint   of these effective [patches]
--   open_count          bigint   of these still open when last seen [patches]
--   median_days         bigint   first day on which at most half are still open [d], null when not reached
--   p90_days            bigint   first day on which at most a tenth is still open [d], null when not reached
--   closed_mean_days    double   mean over effective episodes only: misleading, for comparison [d], null when none
--   closed_median_days  bigint   median over effective episodes only: misleading, for comparison [d], null when none
with counted as (
    select
        severity, environment, count(1) as episode_count,
        count(1) filter (where is_event) as event_count,
        count(1) filter (where not is_event) as open_count,
        avg(exit_days) filter (where is_event) as closed_mean_days
    from lag_episode
    group by severity, environment
),
reached as (
    -- 1e-9 absorbs the rounding of exp(sum(ln)), so that a share of exactly one half counts
    select
        severity, environment,
        min(day) filter (where survival_share <= 0.5 + 1e-9) as median_days,
        min(day) filter (where survival_share <= 0.1 + 1e-9) as p90_days
    from lag_survival
    group by severity, environment
),
closed as (
    select
        severity, environment, day,
        sum(event_count) over (partition by severity, environment order by day) as closed_so_far,
        sum(event_count) over (partition by severity, environment) as closed_total
    from lag_survival
    where event_count > 0
),
half as (
    select severity, environment, min(day) as closed_median_days
    from closed
    where 2 * closed_so_far >= closed_total
    group by severity, environment
)
select
    c.severity, c.environment, c.episode_count, c.event_count, c.open_count, r.median_days, r.p90_days,
    c.closed_mean_days, h.closed_median_days
from counted as c
left join reached as r on r.severity = c.severity and r.environment = c.environment
left join half as h on h.severity = c.severity and h.environment = c.environment
left join core.severity as v on v.severity = c.severity
order by v.severity_rank nulls last, c.severity, c.environment
