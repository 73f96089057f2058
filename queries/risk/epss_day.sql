-- purpose: which days of EPSS scores are held, by which model, and how many vulnerabilities does each score?
-- inputs:  core.epss, core.epss_history
-- grain:   one row per score_date
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   score_date     date     day of the scores
--   model_version  varchar  version of the EPSS model, null when not known or when scores of that day name several
--   scored_count   bigint   vulnerabilities scored [vulnerabilities]
--   mean_share     double   mean score of them [0..1]
with told as (
    select cve_id, score_date, epss_share, model_version
    from core.epss
    where score_date <= cast($as_of as date)
    union
    select cve_id, score_date, epss_share, model_version
    from core.epss_history
    where score_date <= cast($as_of as date)
)
select
    score_date, case when min(model_version) = max(model_version) then min(model_version) end as model_version,
    count(distinct cve_id) as scored_count, avg(epss_share) as mean_share
from told
group by score_date
order by score_date
