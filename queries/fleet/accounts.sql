-- purpose: which accounts does the organisation hold, and how much of each is seen?
-- inputs:  core.account, fleet/by_account
-- grain:   one row per account_id that is in the organisation or was attempted
-- params:
--   as_of                timestamp  report instant [UTC]
--   stale_after_days     integer    a scan older than this no longer counts [d]
--   scan_interval_hours  integer    time between two scans of one node [h]
-- columns:
--   account_id            varchar  AWS account
--   account_name          varchar  name in the organisation, null when the organisation cannot be read
--   account_status        varchar  status in the organisation, null when the organisation cannot be read
--   is_management         boolean  management account, null when the organisation cannot be read
--   delegated_services    varchar  services it administers for the organisation, null when none
--   region_count          bigint   Regions attempted, less those closed to the account [Regions]
--   readable_region_count bigint   Regions where every source was answered [Regions]
--   closed_region_count   bigint   Regions that an organisation's policy closes to the account, without known nodes [Regions]
--   is_left_out           boolean  never attempted: the settings leave it out, and nothing of it is seen
--   is_blind              boolean  attempted, and not one source was answered in full
--   known_node_count      bigint   known nodes [nodes]
--   fresh_count           bigint   nodes in coverage state fresh [nodes]
--   expected_count        bigint   nodes that should be covered: known less excluded [nodes]
--   fresh_share           double   fresh_count / expected_count [0..1], null when none is expected
with seen as (
    select
        account_id, count(1) filter (where is_readable is not null) as region_count,
        count(1) filter (where is_readable) as readable_region_count,
        count(1) filter (where is_closed) as closed_region_count,
        sum(source_count - unread_source_count) as read_source_count,
        cast(sum(known_node_count) as bigint) as known_node_count,
        cast(sum(fresh_count) as bigint) as fresh_count,
        cast(sum(expected_count) as bigint) as expected_count
    from fleet_by_account
    group by account_id
),
member as (
    select account_id, account_name, account_status, is_management, delegated_services
    from core.account
    where valid_from <= $as_of and valid_to > $as_of
)
select
    coalesce(m.account_id, s.account_id) as account_id, m.account_name, m.account_status, m.is_management,
    m.delegated_services, coalesce(s.region_count, 0) as region_count,
    coalesce(s.readable_region_count, 0) as readable_region_count,
    coalesce(s.closed_region_count, 0) as closed_region_count,
    s.account_id is null as is_left_out, s.account_id is not null and coalesce(s.read_source_count, 0) = 0 as is_blind,
    coalesce(s.known_node_count, 0) as known_node_count, coalesce(s.fresh_count, 0) as fresh_count,
    coalesce(s.expected_count, 0) as expected_count,
    1.0 * s.fresh_count / nullif(s.expected_count, 0) as fresh_share
from member as m
full join seen as s on s.account_id = m.account_id
order by coalesce(m.account_id, s.account_id)
