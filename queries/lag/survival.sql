-- purpose: which share of patches is still open so many days after release, open items counted? (Kaplan-Meier)
-- inputs:  core.severity, lag/cube
-- grain:   one row per severity, environment, day on which an episode ended
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   severity        varchar  vendor severity
--   environment     varchar  tag Environment, unknown when untagged
--   day             bigint   days since release [d]
--   at_risk_count   bigint   episodes open and in our care just before this day's end (delayed entry) [patches]
--   event_count     bigint   episodes that became effective on this day [patches]
--   censored_count  bigint   episodes last seen open on this day [patches]
--   survival_share  double   Kaplan-Meier estimate of the share still open [0..1]
--   survival_error  double   Greenwood standard error of it [0..1], null once the share is 0
with risk as (
    select
        severity, environment, day, exit_count, event_count,
        coalesce(sum(entry_count - exit_count) over (
            partition by severity, environment order by day rows between unbounded preceding and 1 preceding
        ), 0) as at_risk
    from lag_cube
),
term as (
    -- a day on which the last item at risk ends takes the share to 0 for good: ln(0) must not be asked
    select
        severity, environment, day, exit_count, event_count, at_risk,
        case when event_count = at_risk then 1 else 0 end as is_last,
        case when event_count < at_risk then ln(1 - 1.0 * event_count / at_risk) else 0.0 end as log_step,
        case when event_count < at_risk
            then 1.0 * event_count / at_risk / (at_risk - event_count) else 0.0 end as error_step
    from risk
    where exit_count > 0
),
total as (
    select
        severity, environment, day, exit_count, event_count, at_risk,
        sum(is_last) over so_far as last_days, sum(log_step) over so_far as log_share,
        sum(error_step) over so_far as error_sum
    from term
    window so_far as (partition by severity, environment order by day)
)
select
    t.severity, t.environment, t.day, cast(t.at_risk as bigint) as at_risk_count, cast(t.event_count as bigint) as event_count,
    cast(t.exit_count - t.event_count as bigint) as censored_count,
    case when t.last_days > 0 then 0.0 else exp(t.log_share) end as survival_share,
    case when t.last_days > 0 then null else exp(t.log_share) * sqrt(t.error_sum) end as survival_error
from total as t
left join core.severity as v on v.severity = t.severity
order by v.severity_rank nulls last, t.severity, t.environment, t.day
