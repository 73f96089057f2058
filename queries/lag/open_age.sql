-- purpose: how old is what is open now?
-- inputs:  core.severity, lag/patch_row
-- grain:   one row per severity, environment with a timed episode that is open
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   severity         varchar  vendor severity
--   environment      varchar  tag Environment, unknown when untagged
--   open_count       bigint   timed episodes open when last seen [patches]
--   to_7_days        bigint   of these released up to 7 days ago [patches]
--   to_30_days       bigint   of these up to 30 days ago [patches]
--   to_90_days       bigint   of these up to 90 days ago [patches]
--   over_90_days     bigint   of these longer ago [patches]
--   oldest_age_days  double   days since the release of the oldest [d]
--   mean_age_days    double   mean days since the release [d]
with age as (
    select severity, environment, date_diff('second', released_at, $as_of) / 86400.0 as age_days
    from lag_patch_row
    where timing = 'episode' and cause = 'open'
)
select
    a.severity, a.environment, count(1) as open_count, count(1) filter (where a.age_days <= 7) as to_7_days,
    count(1) filter (where a.age_days > 7 and a.age_days <= 30) as to_30_days,
    count(1) filter (where a.age_days > 30 and a.age_days <= 90) as to_90_days,
    count(1) filter (where a.age_days > 90) as over_90_days, max(a.age_days) as oldest_age_days,
    avg(a.age_days) as mean_age_days
from age as a
left join core.severity as v on v.severity = a.severity
group by v.severity_rank, a.severity, a.environment
order by v.severity_rank nulls last, a.severity, a.environment
