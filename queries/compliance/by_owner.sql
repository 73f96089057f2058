-- purpose: how compliant are the nodes of each owner?
-- inputs:  compliance/node_status
-- grain:   one row per owner
-- params:
--   as_of                timestamp  report instant [UTC]
--   stale_after_days     integer    a scan older than this no longer counts [d]
--   scan_interval_hours  integer    time between two scans of one node [h]
-- columns:
--   owner                      varchar  tag Owner, unknown when untagged
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
with counted as (
    select
        coalesce(s.owner, 'unknown') as owner,
        count(1) as known_node_count,
        count(1) filter (where s.compliance_status is null) as excluded_count,
        count(s.compliance_status) as expected_count,
        count(1) filter (where s.compliance_status = 'compliant') as compliant_count,
        count(1) filter (where s.compliance_status = 'non-compliant') as non_compliant_count,
        count(1) filter (where s.compliance_status = 'past end of support') as past_end_of_support_count,
        count(1) filter (where s.compliance_status = 'unknown') as unknown_count,
        count(1) filter (where s.aws_label <> 'none') as aws_labelled_count,
        count(1) filter (where s.aws_label = 'compliant') as aws_compliant_count
    from compliance_node_status as s
    group by coalesce(s.owner, 'unknown')
)
select
    owner,
    known_node_count, excluded_count, expected_count, compliant_count, non_compliant_count,
    past_end_of_support_count, unknown_count,
    1.0 * compliant_count / nullif(expected_count, 0) as compliant_share,
    1.0 * unknown_count / nullif(expected_count, 0) as unknown_share,
    aws_labelled_count, aws_compliant_count,
    1.0 * aws_compliant_count / nullif(aws_labelled_count, 0) as aws_compliant_share
from counted
order by owner
