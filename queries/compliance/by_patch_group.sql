-- purpose: how compliant is each patch group?
-- inputs:  compliance/status_group
-- grain:   one row per patch_group
-- params:
--   as_of                timestamp  report instant [UTC]
--   stale_after_days     integer    a scan older than this no longer counts [d]
--   scan_interval_hours  integer    time between two scans of one node [h]
-- columns:
--   patch_group                varchar  patch group, none when the node has none
--   known_node_count           bigint   known nodes [nodes]
--   excluded_count             bigint   nodes left out by a rule with an owner [nodes]
--   expected_count             bigint   nodes that should be compliant: known less excluded, the denominator [nodes]
--   compliant_count            bigint   fresh scan, supported, nothing open [nodes]
--   non_compliant_count        bigint   fresh scan, supported, something open [nodes]
--   past_end_of_support_count  bigint   fresh scan, past end of support [nodes]
--   unknown_count              bigint   no fresh scan, or patch rows not read [nodes]
--   compliant_share            double   compliant_count / expected_count [0..1], null when none is expected
--   unknown_share              double   unknown_count / expected_count [0..1], null when none is expected
--   aws_labelled_count         bigint   nodes that carry AWS's label, excluded ones too [nodes]
--   aws_compliant_count        bigint   of these, labelled compliant [nodes]
--   aws_compliant_share        double   aws_compliant_count / aws_labelled_count [0..1], null when none is labelled
select
    group_value as patch_group,
    known_node_count, excluded_count, expected_count, compliant_count, non_compliant_count, past_end_of_support_count,
    unknown_count, compliant_share, unknown_share, aws_labelled_count, aws_compliant_count, aws_compliant_share
from compliance_status_group
where group_kind = 'patch group'
order by group_value
