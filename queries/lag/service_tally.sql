-- purpose: of each service and what it was vulnerable to: when, how many members, how long, and how did they end?
-- inputs:  core.severity, lag/service_exposure
-- grain:   one row per account_id, region, service_kind, service_id, item_kind, item_id
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id          varchar    AWS account
--   region              varchar    Region
--   service_kind        varchar    as core.node_service says
--   service_id          varchar    names the service among its kind in the account and Region
--   service_name        varchar    name to show
--   item_kind           varchar    patch or cve
--   item_id             varchar    KB number or title of the package; CVE id
--   environment         varchar    tag Environment of its members, mixed when they differ, unknown when untagged
--   severity            varchar    vendor severity, the gravest
--   released_at         timestamp  vendor release, day 0 of the clock [UTC]
--   started_at          timestamp  first member at risk [UTC]
--   ended_at            timestamp  last vulnerable member patched or gone, or last seen open [UTC]
--   patched_at          timestamp  last member patched in place [UTC], null when none was
--   clear_days          double     days between start and end with no vulnerable member: it came back [d]
--   exposure_days       double     area under the vulnerable members from start to end [patch days]
--   member_count        bigint     members that were ever vulnerable [nodes]
--   open_count          bigint     of these still open when last seen [nodes]
--   unlisted_count      bigint     of these there, but no more told of this [nodes]
--   left_count          bigint     of these gone while open [nodes]
--   instance_count      bigint     of these whose own id ended, patched or terminated [nodes]
--   instance_mean_days  double     mean time of those, closed at termination [d], null when none
with spell as (
    -- the time from the end of all earlier spells to the start of this one, if any, was clear
    select
        account_id, region, service_kind, service_id, service_name, item_kind, item_id, node_id, environment, severity,
        released_at, started_at, ended_at, ending, date_diff('second', started_at, ended_at) / 86400.0 as days,
        greatest(date_diff('second', max(ended_at) over (
            partition by account_id, region, service_kind, service_id, item_kind, item_id
            order by started_at, ended_at, node_id rows between unbounded preceding and 1 preceding
        ), started_at), 0) / 86400.0 as clear_days
    from lag_service_exposure
)
select
    s.account_id, s.region, s.service_kind, s.service_id, max(s.service_name) as service_name, s.item_kind, s.item_id,
    case count(distinct nullif(s.environment, 'unknown')) when 0 then 'unknown' when 1
        then min(nullif(s.environment, 'unknown')) else 'mixed' end as environment,
    -- the rank before the name, so that the least text is the gravest
    substr(min(lpad(cast(coalesce(v.severity_rank, 99) as varchar), 2, '0') || s.severity), 3) as severity,
    min(s.released_at) as released_at, min(s.started_at) as started_at, max(s.ended_at) as ended_at,
    max(s.ended_at) filter (where s.ending = 'patched') as patched_at,
    coalesce(sum(s.clear_days), 0.0) as clear_days, sum(s.days) as exposure_days,
    count(distinct s.node_id) as member_count,
    count(distinct s.node_id) filter (where s.ending = 'open') as open_count,
    count(distinct s.node_id) filter (where s.ending = 'unlisted') as unlisted_count,
    count(distinct s.node_id) filter (where s.ending = 'left') as left_count,
    count(distinct s.node_id) filter (where s.ending in ('patched', 'left')) as instance_count,
    avg(s.days) filter (where s.ending in ('patched', 'left')) as instance_mean_days
from spell as s
left join core.severity as v on v.severity = s.severity
group by s.account_id, s.region, s.service_kind, s.service_id, s.item_kind, s.item_id
order by s.account_id, s.region, s.service_kind, s.service_id, s.item_kind, s.item_id
