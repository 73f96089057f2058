-- purpose: the facts of feeds are of the 30 days before the latest snapshot
-- inputs:  core.feed, core.snapshot
-- grain:   one row per feed
-- severity: warn
-- columns:
--   feed        varchar    feed
--   as_of_date  date       day its facts are of
--   checked_at  timestamp  instant of the last attempt [UTC]
with latest as (
    select cast(max(taken_at) as date) as taken_on from core.snapshot
)
select f.feed, f.as_of_date, f.checked_at
from core.feed as f
cross join latest as l
where date_diff('day', f.as_of_date, l.taken_on) > 30
order by f.feed
