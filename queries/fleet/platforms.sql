-- purpose: which operating systems does the fleet run, how much of each is seen, and what is past end of support?
-- inputs:  fleet/node_coverage
-- grain:   one row per platform, end_of_support_date
-- params:
--   as_of                timestamp  report instant [UTC]
--   stale_after_days     integer    a scan older than this no longer counts [d]
--   scan_interval_hours  integer    time between two scans of one node [h]
-- columns:
--   platform                varchar  display name of the operating system
--   end_of_support_date     date     last day of vendor support, null when unknown
--   is_past_end_of_support  boolean  that day has passed, null when unknown
--   known_node_count        bigint   known nodes [nodes]
--   fresh_count             bigint   nodes in coverage state fresh [nodes]
--   expected_count          bigint   nodes that should be covered: known less excluded [nodes]
--   fresh_share             double   fresh_count / expected_count [0..1], null when none is expected
select
    platform, end_of_support_date,
    end_of_support_date < cast($as_of as date) as is_past_end_of_support,
    count(1) as known_node_count,
    count(1) filter (where coverage_state = 'fresh') as fresh_count,
    count(1) filter (where coverage_state <> 'excluded') as expected_count,
    1.0 * count(1) filter (where coverage_state = 'fresh')
    / nullif(count(1) filter (where coverage_state <> 'excluded'), 0) as fresh_share
from fleet_node_coverage
group by platform, end_of_support_date
order by platform, end_of_support_date nulls last
