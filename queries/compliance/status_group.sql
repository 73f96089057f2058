-- purpose: how compliant is each account, baseline, environment, owner, patch group and platform, and the whole?
-- inputs:  compliance/node_status
-- grain:   one row per group_kind, group_value
-- params:
--   as_of                timestamp  report instant [UTC]
--   stale_after_days     integer    a scan older than this no longer counts [d]
--   scan_interval_hours  integer    time between two scans of one node [h]
-- columns:
--   group_kind                 varchar  account, baseline, environment, owner, patch group, platform or all
--   group_value                varchar  the account's id, the baseline's id, and so on; null for all
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
with node as (
    select
        account_id, environment, platform, coalesce(owner, 'unknown') as owner,
        coalesce(patch_group, 'none') as patch_group,
        coalesce(baseline_id, case when scan_age_days is null then 'none' else 'unknown' end) as baseline_id,
        compliance_status, aws_label
    from compliance_node_status
),
counted as (
    select
        case
            when grouping(account_id) = 0 then 'account' when grouping(baseline_id) = 0 then 'baseline'
            when grouping(environment) = 0 then 'environment' when grouping(owner) = 0 then 'owner'
            when grouping(patch_group) = 0 then 'patch group' when grouping(platform) = 0 then 'platform' else 'all'
        end as group_kind,
        -- in each grouping set all columns but its own are null
        coalesce(account_id, baseline_id, environment, owner, patch_group, platform) as group_value,
        count(1) as known_node_count,
        count(1) filter (where compliance_status is null) as excluded_count,
        count(compliance_status) as expected_count,
        count(1) filter (where compliance_status = 'compliant') as compliant_count,
        count(1) filter (where compliance_status = 'non-compliant') as non_compliant_count,
        count(1) filter (where compliance_status = 'past end of support') as past_end_of_support_count,
        count(1) filter (where compliance_status = 'unknown') as unknown_count,
        count(1) filter (where aws_label <> 'none') as aws_labelled_count,
        count(1) filter (where aws_label = 'compliant') as aws_compliant_count
    from node
    group by grouping sets (
        (account_id), (baseline_id), (environment), (owner), (patch_group), (platform), ()
    )
)
select
    group_kind, group_value, known_node_count, excluded_count, expected_count, compliant_count, non_compliant_count,
    past_end_of_support_count, unknown_count, 1.0 * compliant_count / nullif(expected_count, 0) as compliant_share,
    1.0 * unknown_count / nullif(expected_count, 0) as unknown_share, aws_labelled_count, aws_compliant_count,
    1.0 * aws_compliant_count / nullif(aws_labelled_count, 0) as aws_compliant_share
from counted
order by group_kind, group_value
