-- purpose: how likely is exploitation of each vulnerability within 30 days, and has that changed in a month?
-- inputs:  core.epss, core.epss_history
-- grain:   one row per cve_id that was scored up to as_of
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   cve_id            varchar  vulnerability
--   epss_share        double   latest probability of exploitation activity within 30 days [0..1]
--   percentile_share  double   share of all scored vulnerabilities that score no higher [0..1], null when not told
--   model_version     varchar  version of the EPSS model, null when not known
--   score_date        date     day of that score
--   earlier_date      date     latest day 28 to 56 days before it with a score of the same model, null when none
--   earlier_share     double   score of that day [0..1], null when none
--   change_share      double   epss_share less earlier_share, null when nothing compares
with told as (
    select cve_id, score_date, epss_share, percentile_share, model_version, 1 as preference
    from core.epss
    where score_date <= cast($as_of as date)
    union all
    select cve_id, score_date, epss_share, percentile_share, model_version, 2
    from core.epss_history
    where score_date <= cast($as_of as date)
),
scored as (
    -- one score a day; latest first
    select
        cve_id, score_date, epss_share, percentile_share, model_version,
        row_number() over (partition by cve_id order by score_date desc, preference, model_version) as recency,
        row_number() over (partition by cve_id, score_date order by preference, model_version) as choice
    from told
),
latest as (
    select cve_id, score_date, epss_share, percentile_share, model_version
    from scored
    where recency = 1
),
earlier as (
    -- scores of two models do not compare, and of a model that is not known nothing does; across a hole in what is held
    -- no month is read off
    select
        l.cve_id, s.score_date, s.epss_share,
        row_number() over (partition by l.cve_id order by s.score_date desc) as recency
    from latest as l
    inner join scored as s
        on s.cve_id = l.cve_id and s.model_version = l.model_version and s.choice = 1
        and date_diff('day', s.score_date, l.score_date) between 28 and 56
)
select
    l.cve_id, l.epss_share, l.percentile_share, l.model_version, l.score_date, e.score_date as earlier_date,
    e.epss_share as earlier_share, l.epss_share - e.epss_share as change_share
from latest as l
left join earlier as e on e.cve_id = l.cve_id and e.recency = 1
order by l.epss_share desc, l.cve_id
