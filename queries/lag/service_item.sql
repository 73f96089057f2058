-- purpose: how long was each service vulnerable, until its last vulnerable member was patched or replaced?
-- inputs:  lag/service_member, lag/service_tally
-- grain:   one row per account_id, region, service_kind, service_id, item_kind, item_id
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id          varchar    AWS account
--   region              varchar    Region
--   service_kind        varchar    as core.node_service says
--   service_id          varchar    names the service among its kind in the account and Region
--   service_name        varchar    name to show
--   item_kind           varchar    patch, or cve: a vulnerability of which the patch that fixes it is known
--   item_id             varchar    KB number or title of the package; CVE id
--   environment         varchar    tag Environment of its members, mixed when they differ, unknown when untagged
--   severity            varchar    vendor severity, the gravest
--   released_at         timestamp  vendor release, day 0 of the clock [UTC]
--   started_at          timestamp  first member at risk [UTC]
--   ended_at            timestamp  last vulnerable member patched or gone, or last seen open [UTC]
--   outcome             varchar    patched, replaced, open, retired (no member is left) or unknown
--   is_event            boolean    patched or replaced: the service goes on without it
--   open_days           double     started_at to ended_at [d]
--   clear_days          double     of it with no vulnerable member: it came back [d]
--   exposure_days       double     area under the vulnerable members from start to end [patch days]
--   member_count        bigint     members that were ever vulnerable [nodes]
--   open_member_count   bigint     of these still open when last seen [nodes]
--   left_member_count   bigint     of these gone while open: by their own id they look closed [nodes]
--   instance_count      bigint     wrong, for comparison: members whose own id ended, patched or terminated [nodes]
--   instance_mean_days  double     wrong, for comparison: their mean time, closed at termination [d], null when none
with judged as (
    -- a member that outlives the last vulnerable one, scanned since it was at risk, shows that the service has the fix
    select
        t.account_id, t.region, t.service_kind, t.service_id, t.item_kind, t.item_id, count(1) as left_over,
        count(1) filter (where m.last_scan_at > t.started_at) as scanned
    from lag_service_tally as t
    inner join lag_service_member as m
        on m.account_id = t.account_id and m.region = t.region and m.service_kind = t.service_kind
        and m.service_id = t.service_id and coalesce(m.left_at, timestamp '9999-12-31') > t.ended_at
    where t.open_count + t.unlisted_count = 0 and coalesce(t.patched_at < t.ended_at, true)
    group by t.account_id, t.region, t.service_kind, t.service_id, t.item_kind, t.item_id
),
told as (
    select
        t.account_id, t.region, t.service_kind, t.service_id, t.service_name, t.item_kind, t.item_id, t.environment,
        t.severity, t.released_at, t.started_at, t.ended_at, t.clear_days, t.exposure_days, t.member_count,
        t.open_count, t.left_count, t.instance_count, t.instance_mean_days,
        case
            when t.open_count > 0 then 'open' when t.unlisted_count > 0 then 'unknown'
            when t.patched_at = t.ended_at then 'patched' when j.scanned > 0 then 'replaced'
            when j.left_over > 0 then 'unknown' else 'retired'
        end as outcome
    from lag_service_tally as t
    left join judged as j
        on j.account_id = t.account_id and j.region = t.region and j.service_kind = t.service_kind
        and j.service_id = t.service_id and j.item_kind = t.item_kind and j.item_id = t.item_id
)
select
    account_id, region, service_kind, service_id, service_name, item_kind, item_id, environment, severity,
    released_at, started_at, ended_at, outcome, outcome in ('patched', 'replaced') as is_event,
    date_diff('second', started_at, ended_at) / 86400.0 as open_days, clear_days, exposure_days, member_count,
    open_count as open_member_count, left_count as left_member_count, instance_count, instance_mean_days
from told
order by account_id, region, service_kind, service_id, item_kind, item_id
