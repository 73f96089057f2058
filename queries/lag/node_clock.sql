-- purpose: since when has each node been in our care, and when was it last seen?
-- inputs:  core.node, core.managed_node, core.node_scan
-- grain:   one row per account_id, region, node_id ever seen by as_of, as it was last seen
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id        varchar    AWS account of the node
--   region            varchar    Region of the node
--   node_id           varchar    EC2 instance id or hybrid managed node id
--   environment       varchar    tag Environment, unknown when untagged
--   owner             varchar    tag Owner, unknown when untagged
--   platform          varchar    display name of the operating system, as it was last told
--   operating_system  varchar    operating system as last told, spelt as by Systems Manager; null when never
--   baseline_id       varchar    patch baseline of the last scan, null when never scanned or not told
--   under_care_at     timestamp  first launch that we saw, or hybrid registration [UTC], null when unknown
--   last_scan_at      timestamp  end of the last scan or install operation [UTC], null when never scanned
--   scanned_until     timestamp  end of its last row among the scanned nodes [UTC], far ahead while it is listed
--   gone_at           timestamp  first snapshot that did not list the node any more [UTC], null while it is there
with node_row as (
    select
        account_id, region, node_id, environment, owner, valid_to,
        -- a stop and start moves the launch; what was in our care before it stays so
        min(launched_at) over (partition by account_id, region, node_id) as launched_at,
        row_number() over (partition by account_id, region, node_id order by valid_from desc) as recency
    from core.node
    where valid_from <= $as_of
),
system as (
    -- a node that nobody manages any more tells no operating system, and still has the one that it told last
    select
        account_id, region, node_id, platform, operating_system,
        row_number() over (partition by account_id, region, node_id order by valid_from desc) as recency
    from core.node
    where valid_from <= $as_of and operating_system is not null
),
last_platform as (
    select
        account_id, region, node_id, platform,
        row_number() over (
            partition by account_id, region, node_id
            order by case when coalesce(platform, 'unknown') = 'unknown' then 1 else 0 end, valid_from desc
        ) as recency
    from core.node
    where valid_from <= $as_of
),
registered as (
    select account_id, region, node_id, max(registered_at) as registered_at
    from core.managed_node
    where valid_from <= $as_of
    group by account_id, region, node_id
),
scan as (
    select
        account_id, region, node_id, baseline_id, operation_ended_at, valid_to,
        row_number() over (partition by account_id, region, node_id order by valid_from desc) as recency
    from core.node_scan
    where valid_from <= $as_of
)
select
    n.account_id, n.region, n.node_id, coalesce(n.environment, 'unknown') as environment,
    coalesce(n.owner, 'unknown') as owner, coalesce(o.platform, p.platform, 'unknown') as platform, o.operating_system,
    s.baseline_id, coalesce(n.launched_at, r.registered_at) as under_care_at, s.operation_ended_at as last_scan_at,
    case when s.valid_to > $as_of then timestamp '9999-12-31' else s.valid_to end as scanned_until,
    case when n.valid_to <= $as_of then n.valid_to end as gone_at
from node_row as n
left join system as o
    on o.account_id = n.account_id and o.region = n.region and o.node_id = n.node_id and o.recency = 1
left join last_platform as p
    on p.account_id = n.account_id and p.region = n.region and p.node_id = n.node_id and p.recency = 1
left join registered as r on r.account_id = n.account_id and r.region = n.region and r.node_id = n.node_id
left join scan as s
    on s.account_id = n.account_id and s.region = n.region and s.node_id = n.node_id and s.recency = 1
where n.recency = 1
order by n.account_id, n.region, n.node_id
