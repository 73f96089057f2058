-- purpose: which known nodes are not seen, and who opens each?
-- inputs:  core.account, fleet/node_coverage, fleet/coverage, fleet/blocked
-- grain:   one row per account_id, region, node_id whose coverage state is neither fresh nor excluded
-- params:
--   as_of                timestamp  report instant [UTC]
--   stale_after_days     integer    a scan older than this no longer counts [d]
--   scan_interval_hours  integer    time between two scans of one node [h]
-- columns:
--   coverage_state  varchar    coverage state
--   account_id      varchar    AWS account of the node
--   account_name    varchar    name in the organisation, its id when that is not known
--   region          varchar    Region of the node
--   node_id         varchar    EC2 instance id or hybrid managed node id
--   name            varchar    tag Name, null when untagged
--   environment     varchar    tag Environment, unknown when untagged
--   owner           varchar    tag Owner, null when untagged
--   platform        varchar    display name of the operating system
--   last_scan_at    timestamp  end of the last scan or install operation [UTC], null when no scan is known
--   scan_age_days   double     time since then [d], null when no scan is known
--   opener          varchar    who can move it out of this state
--   opened_by       varchar    who can move it out of this state, and how
select
    n.coverage_state, n.account_id, coalesce(a.account_name, n.account_id) as account_name,
    n.region, n.node_id, n.name, n.environment, n.owner, n.platform, n.last_scan_at, n.scan_age_days,
    split_part(coalesce(b.opened_by, c.opened_by), ':', 1) as opener, coalesce(b.opened_by, c.opened_by) as opened_by
from fleet_node_coverage as n
inner join fleet_coverage as c on c.coverage_state = n.coverage_state
left join fleet_blocked as b
    on b.account_id = n.account_id and b.region = n.region and n.coverage_state = 'not readable'
left join core.account as a
    on a.account_id = n.account_id and a.valid_from <= $as_of and a.valid_to > $as_of
where n.coverage_state not in ('fresh', 'excluded')
order by c.state_rank, n.scan_age_days desc nulls last, n.account_id, n.region, n.node_id
