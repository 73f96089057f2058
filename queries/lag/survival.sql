-- purpose: which share of patches is still open so many days after a clock began, open items counted? (Kaplan-Meier)
-- inputs:  core.severity, lag/cube
-- grain:   one row per clock, severity, environment, day on which an episode ended
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   clock           varchar  from when days count: released, approved or first observed
--   severity        varchar  vendor severity
--   environment     varchar  tag Environment, unknown when untagged
--   day             double   days since the start of the clock [d]
--   at_risk_count   bigint   episodes open and under our eyes just before this day's end (delayed entry) [patches]
--   event_count     bigint   episodes that became effective on this day [patches]
--   censored_count  bigint   episodes that ended otherwise, or were last seen open, on this day [patches]
--   survival_share  double   Kaplan-Meier estimate of the share still open [0..1]
--   survival_error  double   Greenwood standard error of it [0..1], null once the share is 0
--   survival_low    double   lower end of its 95 % interval, log-log [0..1], null while the share is 1 and once it is 0
--   survival_high   double   upper end of it [0..1], null while the share is 1 and once it is 0
with cube as (
    select
        clock, severity, environment, day, sum(entry_count) as entry_count, sum(exit_count) as exit_count,
        sum(event_count) as event_count
    from lag_cube
    group by clock, severity, environment, day
),
risk as (
    select
        clock, severity, environment, day, exit_count, event_count,
        coalesce(sum(entry_count - exit_count) over (
            partition by clock, severity, environment order by day rows between unbounded preceding and 1 preceding
        ), 0) as at_risk
    from cube
),
term as (
    -- a day on which the last item at risk ends takes the share to 0 for good: ln(0) must not be asked
    select
        clock, severity, environment, day, exit_count, event_count, at_risk,
        case when event_count = at_risk then 1 else 0 end as is_last,
        case when event_count < at_risk then ln(1 - 1.0 * event_count / at_risk) else 0.0 end as log_step,
        case when event_count < at_risk
            then 1.0 * event_count / at_risk / (at_risk - event_count) else 0.0 end as error_step
    from risk
    where exit_count > 0
),
total as (
    select
        clock, severity, environment, day, exit_count, event_count, at_risk,
        sum(is_last) over so_far as last_days, sum(log_step) over so_far as log_share,
        sum(error_step) over so_far as error_sum
    from term
    window so_far as (partition by clock, severity, environment order by day)
)
select
    t.clock, t.severity, t.environment, t.day, cast(t.at_risk as bigint) as at_risk_count,
    cast(t.event_count as bigint) as event_count, cast(t.exit_count - t.event_count as bigint) as censored_count,
    case when t.last_days > 0 then 0.0 else exp(t.log_share) end as survival_share,
    case when t.last_days > 0 then null else exp(t.log_share) * sqrt(t.error_sum) end as survival_error,
    -- 1.959964 is the 97.5 % point of the normal distribution; of 0 events, and of none left, it tells no width
    case when t.last_days > 0 or t.log_share = 0 then null
        else exp(t.log_share * exp(1.959963984540054 * sqrt(t.error_sum) / abs(t.log_share))) end as survival_low,
    case when t.last_days > 0 or t.log_share = 0 then null
        else exp(t.log_share * exp(-1.959963984540054 * sqrt(t.error_sum) / abs(t.log_share))) end as survival_high
from total as t
left join core.severity as v on v.severity = t.severity
order by t.clock, v.severity_rank nulls last, t.severity, t.environment, t.day
