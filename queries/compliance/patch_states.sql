-- purpose: how many patch rows are in each patch state, and on how many nodes?
-- inputs:  core.node_key, core.node_patch, fleet/node_coverage
-- grain:   one row per patch_state: the eight that Systems Manager documents, zero kept, then any other met
-- params:
--   as_of                timestamp  report instant [UTC]
--   stale_after_days     integer    a scan older than this no longer counts [d]
--   scan_interval_hours  integer    time between two scans of one node [h]
-- columns:
--   state_rank            integer  order of meaning: what is open first, NotApplicable last
--   patch_state           varchar  patch state as Systems Manager spells it
--   is_open               boolean  counts against compliance, null for a state we do not know
--   patch_row_count       bigint   node and patch pairs [patches]
--   fresh_row_count       bigint   of these on nodes whose coverage is fresh [patches]
--   node_count            bigint   nodes with at least one such row [nodes]
--   applicable_row_share  double   share of all applicable rows [0..1], null for NotApplicable or when there are none
with state (state_rank, patch_state, is_open) as (
    values
    (1, 'Missing', true), (2, 'Failed', true), (3, 'InstalledPendingReboot', true),
    (4, 'InstalledRejected', true), (5, 'AvailableSecurityUpdate', false), (6, 'Installed', false),
    (7, 'InstalledOther', false), (9, 'NotApplicable', false)
),
node_state as (
    select node_key, patch_state, count(1) as patch_row_count
    from core.node_patch
    where valid_from <= $as_of and valid_to > $as_of
    group by node_key, patch_state
),
counted as (
    select
        s.patch_state, cast(sum(s.patch_row_count) as bigint) as patch_row_count, count(1) as node_count,
        cast(sum(case when n.coverage_state = 'fresh' then s.patch_row_count else 0 end) as bigint) as fresh_row_count
    from node_state as s
    inner join core.node_key as k on k.node_key = s.node_key
    left join fleet_node_coverage as n
        on n.account_id = k.account_id and n.region = k.region and n.node_id = k.node_id
    group by s.patch_state
),
applicable as (
    select sum(patch_row_count) as row_count
    from counted
    where patch_state <> 'NotApplicable'
)
select
    coalesce(s.state_rank, 8) as state_rank, coalesce(s.patch_state, c.patch_state) as patch_state, s.is_open,
    coalesce(c.patch_row_count, 0) as patch_row_count, coalesce(c.fresh_row_count, 0) as fresh_row_count,
    coalesce(c.node_count, 0) as node_count,
    case when coalesce(s.patch_state, c.patch_state) <> 'NotApplicable'
        then 1.0 * coalesce(c.patch_row_count, 0) / nullif(a.row_count, 0) end as applicable_row_share
from state as s
full join counted as c on c.patch_state = s.patch_state
cross join applicable as a
order by coalesce(s.state_rank, 8), coalesce(s.patch_state, c.patch_state)
