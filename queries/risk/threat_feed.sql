-- purpose: of which day is what is held about vulnerabilities, and from where?
-- inputs:  core.feed
-- grain:   one row per feed about vulnerabilities that holds rows
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   feed           varchar  kev, epss, epss_history or cvss
--   title          varchar  what it tells
--   source         varchar  address or file it was read from
--   as_of_date     date     day the facts are of
--   model_version  varchar  version of the model behind the figures, null where there is none or it is not told
--   row_count      bigint   its rows [rows]
--   age_days       bigint   report instant less that day [d]; negative where the feed is of a later day
select
    feed, title, source, as_of_date, model_version, row_count,
    date_diff('day', as_of_date, cast($as_of as date)) as age_days
from core.feed
where feed in ('kev', 'epss', 'epss_history', 'cvss') and fetched_at is not null
order by feed
