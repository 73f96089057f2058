-- purpose: the last attempt to bring each feed ended well
-- inputs:  core.feed
-- grain:   one row per feed
-- severity: warn
-- columns:
--   feed        varchar    feed
--   failure     varchar    why the last attempt failed
--   checked_at  timestamp  instant of that attempt [UTC]
--   as_of_date  date       day of the rows that stand, null when none do
select feed, failure, checked_at, as_of_date
from core.feed
where state = 'failed'
order by feed
