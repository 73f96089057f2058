-- purpose: what had AWS Config recorded of the nodes' patches by the end of each week, before our own history began?
-- inputs:  core.config_patch_history
-- grain:   one row per week_start_date in which something was recorded
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   week_start_date      date    Monday of the ISO week
--   node_count           bigint  nodes recorded by its end, each by its last record [nodes]
--   renewed_count        bigint  of these recorded within the week: of the others an older record stands [nodes]
--   open_node_count      bigint  of these with a patch Missing, Failed, InstalledPendingReboot or InstalledRejected [nodes]
--   open_patch_count     bigint  such patches on them [patches]
--   missing_count        bigint  of these Missing or Failed [patches]
--   oldest_record_days   double  age of the oldest record that stands, at the week's end [d]
with record as (
    select
        account_id, region, node_id, captured_at,
        sum(case when patch_state in ('Missing', 'Failed', 'InstalledPendingReboot', 'InstalledRejected')
            then patch_count else 0 end) as open_count,
        sum(case when patch_state in ('Missing', 'Failed') then patch_count else 0 end) as missing_count
    from core.config_patch_history
    where valid_from <= $as_of and valid_to > $as_of and captured_at <= $as_of
    group by account_id, region, node_id, captured_at
),
week as (
    select distinct cast(date_trunc('week', captured_at) as date) as week_start_date from record
),
standing as (
    select
        w.week_start_date, r.captured_at, r.open_count, r.missing_count,
        row_number() over (
            partition by w.week_start_date, r.account_id, r.region, r.node_id order by r.captured_at desc
        ) as recency
    from week as w
    inner join record as r on r.captured_at < w.week_start_date + interval '7 days'
)
select
    week_start_date, count(1) as node_count,
    cast(sum(case when captured_at >= week_start_date then 1 else 0 end) as bigint) as renewed_count,
    cast(sum(case when open_count > 0 then 1 else 0 end) as bigint) as open_node_count,
    cast(sum(open_count) as bigint) as open_patch_count, cast(sum(missing_count) as bigint) as missing_count,
    max(date_diff('second', captured_at, week_start_date + interval '7 days')) / 86400.0 as oldest_record_days
from standing
where recency = 1
group by week_start_date
order by week_start_date
