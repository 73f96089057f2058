-- purpose: no scan ends after the latest snapshot; a clock may be wrong
-- inputs:  core.node_scan_now, core.snapshot
-- grain:   one row per account_id, region, node_id
-- severity: warn
-- columns:
--   account_id          varchar    AWS account
--   region              varchar    Region
--   node_id             varchar    EC2 instance id or hybrid managed node id
--   operation_ended_at  timestamp  end of the scan [UTC]
--   taken_at            timestamp  instant of the latest snapshot [UTC]
with latest as (
    select max(taken_at) as taken_at from core.snapshot
)
select s.account_id, s.region, s.node_id, s.operation_ended_at, l.taken_at
from core.node_scan_now as s
cross join latest as l
-- an hour covers the time that an extraction takes after its first answer
where s.operation_ended_at > l.taken_at + interval '1 hour'
order by s.account_id, s.region, s.node_id
