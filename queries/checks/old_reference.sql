-- purpose: end-of-support dates were read within a year before the latest snapshot
-- inputs:  core.os_lifecycle, core.snapshot
-- grain:   one row per source, as_of_date
-- severity: warn
-- columns:
--   source      varchar  where the dates come from
--   as_of_date  date     day the source was read
--   date_count  bigint   dates from it [rows]
with latest as (
    select cast(max(taken_at) as date) as taken_on from core.snapshot
)
select r.source, r.as_of_date, count(*) as date_count
from core.os_lifecycle as r
cross join latest as l
where date_diff('day', r.as_of_date, l.taken_on) > 365
group by r.source, r.as_of_date
order by r.source, r.as_of_date
