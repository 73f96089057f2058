-- purpose: on which observations does a weekly trend stand, and which accounts and Regions of each were only carried forward?
-- inputs:  core.coverage, core.ledger_state, core.snapshot
-- grain:   one row per taken_at, account_id, region: the last finished snapshot of each ISO week, cells that have been read
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   week_start_date  date       Monday of the ISO week
--   taken_at         timestamp  instant of the week's last finished snapshot [UTC]
--   is_week_over     boolean    the week has ended by the report instant: no later snapshot can replace this one
--   account_id       varchar    AWS account
--   region           varchar    Region
--   last_read_at     timestamp  taken_at of the latest complete answer to all that tells of nodes, up to that snapshot [UTC]
--   is_carried       boolean    that answer is an earlier snapshot's: this one did not ask, or was refused
--   carried_days     double     how much older it is than the snapshot [d], 0 when not carried
with week as (
    select date_trunc('week', taken_at) as week_start_at, max(taken_at) as taken_at
    from core.snapshot
    where is_finished and taken_at <= $as_of
    group by date_trunc('week', taken_at)
),
listing as (
    -- what a node is, whether it is managed, and what its last scan saw
    select
        w.week_start_at, w.taken_at, c.account_id, c.region, c.source,
        max(case when s.is_answered and c.state <> 'removed' then c.taken_at end) as read_at,
        max(case when c.state = 'removed' then c.taken_at end) as removed_at
    from week as w
    inner join core.coverage as c on c.taken_at <= w.taken_at
    left join core.ledger_state as s on s.state = c.state
    where c.operation in ('DescribeInstances', 'DescribeInstanceInformation', 'DescribeInstancePatchStates')
    group by w.week_start_at, w.taken_at, c.account_id, c.region, c.source
),
cell as (
    select week_start_at, taken_at, account_id, region, min(read_at) as last_read_at
    from listing
    group by week_start_at, taken_at, account_id, region
    having count(read_at) = count(1) and (max(removed_at) is null or max(removed_at) < min(read_at))
)
select
    cast(week_start_at as date) as week_start_date, taken_at,
    date_diff('day', week_start_at, $as_of) >= 7 as is_week_over,
    account_id, region, last_read_at, last_read_at < taken_at as is_carried,
    date_diff('second', last_read_at, taken_at) / 86400.0 as carried_days
from cell
order by taken_at, account_id, region
