-- purpose: how compliant are the nodes of each patch baseline?
-- inputs:  core.baseline, compliance/node_status
-- grain:   one row per baseline_id
-- params:
--   as_of                timestamp  report instant [UTC]
--   stale_after_days     integer    a scan older than this no longer counts [d]
--   scan_interval_hours  integer    time between two scans of one node [h]
-- columns:
--   baseline_id                varchar  patch baseline of the last scan, none without a scan, unknown when a scan does not tell
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
with counted as (
    select
        coalesce(s.baseline_id, case when s.scan_age_days is null then 'none' else 'unknown' end) as baseline_id, min(b.baseline_name) as baseline_name,
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
    left join core.baseline as b
        on b.account_id = s.account_id and b.region = s.region and b.baseline_id = s.baseline_id
        and b.valid_from <= $as_of and b.valid_to > $as_of
    group by coalesce(s.baseline_id, case when s.scan_age_days is null then 'none' else 'unknown' end)
)
select
    baseline_id, baseline_name,
    known_node_count, excluded_count, expected_count, compliant_count, non_compliant_count,
    past_end_of_support_count, unknown_count,
    1.0 * compliant_count / nullif(expected_count, 0) as compliant_share,
    1.0 * unknown_count / nullif(expected_count, 0) as unknown_share,
    aws_labelled_count, aws_compliant_count,
    1.0 * aws_compliant_count / nullif(aws_labelled_count, 0) as aws_compliant_share
from counted
order by baseline_id
