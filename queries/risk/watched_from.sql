-- purpose: from when on do we know what was open on the nodes of an account and Region?
-- inputs:  core.coverage, core.ledger_state, core.node_key, core.scan_source, core.snapshot
-- grain:   one row per account_id, region that holds or held a node
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id       varchar    AWS account
--   region           varchar    Region
--   watched_from_at  timestamp  first answer of patches, by the account or by a bucket, else first snapshot [UTC]
with asked as (
    select c.account_id, c.region, min(c.taken_at) as first_at
    from core.coverage as c
    inner join core.ledger_state as s on s.state = c.state and s.is_answered
    where c.operation = 'DescribeInstancePatches' and c.state <> 'removed' and c.taken_at <= $as_of
    group by c.account_id, c.region
),
synced as (
    select account_id, region, min(valid_from) as first_at
    from core.scan_source
    where source like 'datasync%' and valid_from <= $as_of
    group by account_id, region
)
select
    k.account_id, k.region, coalesce(
        least(a.first_at, y.first_at), (select min(taken_at) from core.snapshot where taken_at <= $as_of)
    ) as watched_from_at
from (select distinct account_id, region from core.node_key) as k
left join asked as a on a.account_id = k.account_id and a.region = k.region
left join synced as y on y.account_id = k.account_id and y.region = k.region
order by k.account_id, k.region
