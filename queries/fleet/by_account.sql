-- purpose: where are the nodes, and in which accounts and Regions can they be seen?
-- inputs:  core.account, fleet/ledger, fleet/node_coverage
-- grain:   one row per account_id, region that was attempted or holds a known node
-- params:
--   as_of                timestamp  report instant [UTC]
--   stale_after_days     integer    a scan older than this no longer counts [d]
--   scan_interval_hours  integer    time between two scans of one node [h]
-- columns:
--   account_id            varchar  AWS account
--   account_name          varchar  name in the organisation, null when the organisation cannot be read
--   account_status        varchar  status in the organisation, null when the organisation cannot be read
--   region                varchar  Region
--   source_count          bigint   sources attempted [sources]
--   unread_source_count   bigint   sources whose latest attempt failed or was cut short [sources]
--   is_readable           boolean  every source attempted was answered in full, null when none was attempted or it is closed
--   is_closed             boolean  an organisation's policy closes the Region to the account, and no node is known there
--   known_node_count      bigint   nodes known here [nodes]
--   fresh_count           bigint   coverage state fresh [nodes]
--   stale_count           bigint   coverage state stale [nodes]
--   never_scanned_count   bigint   coverage state never scanned [nodes]
--   short_lived_count     bigint   coverage state short-lived [nodes]
--   unmanaged_count       bigint   coverage state unmanaged [nodes]
--   stopped_count         bigint   coverage state stopped [nodes]
--   unsupported_os_count  bigint   coverage state unsupported OS [nodes]
--   excluded_count        bigint   coverage state excluded [nodes]
--   not_readable_count    bigint   coverage state not readable [nodes]
--   expected_count        bigint   nodes that should be covered: known less excluded [nodes]
--   fresh_share           double   fresh_count / expected_count [0..1], null when none is expected
with cell as (
    select
        account_id, region, count(1) as source_count,
        count(1) filter (where not is_readable) as unread_source_count,
        count(1) filter (where state = 'closed') as closed_source_count
    from fleet_ledger
    group by account_id, region
),
counted as (
    select
        account_id, region, count(1) as known_node_count,
        count(1) filter (where coverage_state = 'fresh') as fresh_count,
        count(1) filter (where coverage_state = 'stale') as stale_count,
        count(1) filter (where coverage_state = 'never scanned') as never_scanned_count,
        count(1) filter (where coverage_state = 'short-lived') as short_lived_count,
        count(1) filter (where coverage_state = 'unmanaged') as unmanaged_count,
        count(1) filter (where coverage_state = 'stopped') as stopped_count,
        count(1) filter (where coverage_state = 'unsupported OS') as unsupported_os_count,
        count(1) filter (where coverage_state = 'excluded') as excluded_count,
        count(1) filter (where coverage_state = 'not readable') as not_readable_count
    from fleet_node_coverage
    group by account_id, region
),
place as (
    select
        coalesce(l.account_id, c.account_id) as account_id, coalesce(l.region, c.region) as region,
        coalesce(l.closed_source_count > 0 and c.account_id is null, false) as is_closed
    from cell as l
    full join counted as c on c.account_id = l.account_id and c.region = l.region
)
select
    p.account_id, a.account_name, a.account_status, p.region,
    coalesce(l.source_count, 0) as source_count,
    coalesce(l.unread_source_count, 0) as unread_source_count,
    case when p.is_closed then null else l.unread_source_count = 0 end as is_readable, p.is_closed,
    coalesce(c.known_node_count, 0) as known_node_count, coalesce(c.fresh_count, 0) as fresh_count,
    coalesce(c.stale_count, 0) as stale_count, coalesce(c.never_scanned_count, 0) as never_scanned_count,
    coalesce(c.short_lived_count, 0) as short_lived_count, coalesce(c.unmanaged_count, 0) as unmanaged_count,
    coalesce(c.stopped_count, 0) as stopped_count,
    coalesce(c.unsupported_os_count, 0) as unsupported_os_count,
    coalesce(c.excluded_count, 0) as excluded_count, coalesce(c.not_readable_count, 0) as not_readable_count,
    coalesce(c.known_node_count - c.excluded_count, 0) as expected_count,
    1.0 * c.fresh_count / nullif(c.known_node_count - c.excluded_count, 0) as fresh_share
from place as p
left join core.account as a
    on a.account_id = p.account_id and a.valid_from <= $as_of and a.valid_to > $as_of
left join cell as l on l.account_id = p.account_id and l.region = p.region
left join counted as c on c.account_id = p.account_id and c.region = p.region
order by p.account_id, p.region
