-- purpose: how compliant are the nodes of each patch baseline?
-- inputs:  core.baseline, compliance/status_group
-- grain:   one row per baseline_id
-- params:
--   as_of                timestamp  report instant [UTC]
--   stale_after_days     integer    a scan older than this no longer counts [d]
--   scan_interval_hours  integer    time between two scans of one node [h]
-- columns:
--   baseline_id                varchar  that of the last scan, none without a scan, unknown when a scan does not tell
--   baseline_name              varchar  its name, null when the baseline was not read
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
with name as (
    select baseline_id, min(baseline_name) as baseline_name
    from core.baseline
    where valid_from <= $as_of and valid_to > $as_of
    group by baseline_id
)
select
    s.group_value as baseline_id, n.baseline_name, s.known_node_count, s.excluded_count, s.expected_count,
    s.compliant_count, s.non_compliant_count, s.past_end_of_support_count, s.unknown_count, s.compliant_share,
    s.unknown_share, s.aws_labelled_count, s.aws_compliant_count, s.aws_compliant_share
from compliance_status_group as s
left join name as n on n.baseline_id = s.group_value
where s.group_kind = 'baseline'
order by s.group_value
