-- purpose: how compliant is each account?
-- inputs:  core.account, compliance/status_group
-- grain:   one row per account_id
-- params:
--   as_of                timestamp  report instant [UTC]
--   stale_after_days     integer    a scan older than this no longer counts [d]
--   scan_interval_hours  integer    time between two scans of one node [h]
-- columns:
--   account_id                 varchar  AWS account
--   account_name               varchar  name in the organisation, the account id when it cannot be read
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
    s.group_value as account_id, coalesce(a.account_name, s.group_value) as account_name, s.known_node_count,
    s.excluded_count, s.expected_count, s.compliant_count, s.non_compliant_count, s.past_end_of_support_count,
    s.unknown_count, s.compliant_share, s.unknown_share, s.aws_labelled_count, s.aws_compliant_count,
    s.aws_compliant_share
from compliance_status_group as s
left join core.account as a
    on a.account_id = s.group_value and a.valid_from <= $as_of and a.valid_to > $as_of
where s.group_kind = 'account'
order by s.group_value
