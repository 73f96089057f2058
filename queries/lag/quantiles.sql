-- purpose: after how many days are half and nine tenths of the patches effective, and what does a closed-only mean say?
-- inputs:  core.severity, lag/cube, lag/survival
-- grain:   one row per clock, severity, environment
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   clock               varchar  from when days count: released, approved or first observed
--   severity            varchar  vendor severity
--   environment         varchar  tag Environment, unknown when untagged
--   episode_count       bigint   episodes at risk, the denominator [patches]
--   event_count         bigint   of these effective [patches]
--   gone_count          bigint   of these ended with their node [patches]
--   withdrawn_count     bigint   of these listed no more by a later scan [patches]
--   open_count          bigint   of these open when last seen [patches]
--   median_days         double   first day on which at most half are still open [d], null when not reached
--   median_low_days     double   lower end of its 95 % interval [d], null when not reached
--   median_high_days    double   upper end of it [d], null when not reached
--   p90_days            double   first day on which at most a tenth is still open [d], null when not reached
--   p90_low_days        double   lower end of its 95 % interval [d], null when not reached
--   p90_high_days       double   upper end of it [d], null when not reached
--   closed_mean_days    double   mean over effective episodes only: misleading, for comparison [d], null when none
--   closed_median_days  double   median over effective episodes only: misleading, for comparison [d], null when none
with counted as (
    select
        clock, severity, environment, cast(sum(entry_count) as bigint) as episode_count,
        cast(sum(event_count) as bigint) as event_count, cast(sum(gone_count) as bigint) as gone_count,
        cast(sum(withdrawn_count) as bigint) as withdrawn_count,
        sum(day * event_count) / nullif(sum(event_count), 0) as closed_mean_days
    from lag_cube
    group by clock, severity, environment
),
reached as (
    -- 1e-9 absorbs the rounding of exp(sum(ln)), so that a share of exactly one half counts;
    -- the ends are where the curve's own interval crosses (Brookmeyer and Crowley, Biometrics 38, 1982)
    select
        clock, severity, environment,
        min(day) filter (where survival_share <= 0.5 + 1e-9) as median_days,
        min(day) filter (where survival_low <= 0.5 + 1e-9) as median_low_days,
        min(day) filter (where survival_high <= 0.5 + 1e-9) as median_high_days,
        min(day) filter (where survival_share <= 0.1 + 1e-9) as p90_days,
        min(day) filter (where survival_low <= 0.1 + 1e-9) as p90_low_days,
        min(day) filter (where survival_high <= 0.1 + 1e-9) as p90_high_days
    from lag_survival
    group by clock, severity, environment
),
closed as (
    select
        clock, severity, environment, day,
        sum(event_count) over (partition by clock, severity, environment order by day) as closed_so_far,
        sum(event_count) over (partition by clock, severity, environment) as closed_total
    from lag_survival
    where event_count > 0
),
half as (
    select clock, severity, environment, min(day) as closed_median_days
    from closed
    where 2 * closed_so_far >= closed_total
    group by clock, severity, environment
)
select
    c.clock, c.severity, c.environment, c.episode_count, c.event_count, c.gone_count, c.withdrawn_count,
    c.episode_count - c.event_count - c.gone_count - c.withdrawn_count as open_count, r.median_days,
    r.median_low_days, r.median_high_days, r.p90_days, r.p90_low_days, r.p90_high_days, c.closed_mean_days,
    h.closed_median_days
from counted as c
left join reached as r on r.clock = c.clock and r.severity = c.severity and r.environment = c.environment
left join half as h on h.clock = c.clock and h.severity = c.severity and h.environment = c.environment
left join core.severity as v on v.severity = c.severity
order by c.clock, v.severity_rank nulls last, c.severity, c.environment
