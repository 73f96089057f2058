-- purpose: how many of the known nodes are in each coverage state, and who can open what is closed?
-- inputs:  fleet/node_coverage
-- grain:   one row per coverage_state, all nine in order of precedence, empty ones included
-- params:
--   as_of                timestamp  report instant [UTC]
--   stale_after_days     integer    a scan older than this no longer counts [d]
--   scan_interval_hours  integer    time between two scans of one node [h]
-- columns:
--   state_rank        integer  order of precedence, 1 first
--   coverage_state    varchar  coverage state
--   node_count        bigint   nodes in this state [nodes]
--   known_node_count  bigint   all known nodes, the denominator [nodes]
--   node_share        double   node_count / known_node_count [0..1], null when no node is known
--   opened_by         varchar  who can move a node out of this state, and how
with state (state_rank, coverage_state, opened_by) as (
    values
    (1, 'not readable', 'whoever opens its account and Region: see what to open'),
    (2, 'excluded', 'owner of the exclusion rule: let it end'),
    (3, 'unsupported OS', 'node owner: move to an operating system that Patch Manager supports'),
    (4, 'stopped', 'node owner: start it for a scan, or terminate it'),
    (5, 'unmanaged', 'node owner: SSM Agent, instance profile and a way to the endpoints'),
    (6, 'short-lived', 'nobody: the first scan is still due'),
    (7, 'never scanned', 'patching team: an association or window that runs a scan'),
    (8, 'stale', 'patching team: find why scans stopped, start with the ping status'),
    (9, 'fresh', 'nobody: it is seen')
),
counted as (
    select coverage_state, count(1) as node_count
    from fleet_node_coverage
    group by coverage_state
)
select
    s.state_rank, s.coverage_state,
    coalesce(c.node_count, 0) as node_count,
    cast(coalesce(sum(c.node_count) over (), 0) as bigint) as known_node_count,
    1.0 * coalesce(c.node_count, 0) / nullif(sum(c.node_count) over (), 0) as node_share,
    s.opened_by
from state as s
left join counted as c on c.coverage_state = s.coverage_state
order by s.state_rank
