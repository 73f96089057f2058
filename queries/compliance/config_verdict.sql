-- purpose: what does AWS Config say of each node's patches, or why does it say nothing?
-- inputs:  core.config_node_compliance, core.config_recorder, core.config_rule, core.node, fleet/ledger
-- grain:   one row per account_id, region, node_id
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id    varchar    AWS account of the node
--   region        varchar    Region of the node
--   node_id       varchar    EC2 instance id or hybrid managed node id
--   verdict       varchar    compliant, non-compliant, not applicable, no data, not judged, or not known
--   judged_at     timestamp  when AWS Config noted it [UTC], null without a result
--   is_recording  boolean    its recorder runs, null when that is not known
--   gap           varchar    why it says nothing, null when it says something
with result as (
    -- of several rules of this kind the gravest answer counts
    select
        account_id, region, node_id,
        min(case compliance_type when 'NON_COMPLIANT' then 1 when 'INSUFFICIENT_DATA' then 2 when 'COMPLIANT' then 3
            else 4 end) as answer,
        max(result_at) as judged_at
    from core.config_node_compliance
    where source_identifier = 'EC2_MANAGEDINSTANCE_PATCH_COMPLIANCE_STATUS_CHECK'
        and valid_from <= $as_of and valid_to > $as_of
    group by account_id, region, node_id
),
recorder as (
    select account_id, region, max(case when is_recording then 1 else 0 end) = 1 as is_recording
    from core.config_recorder
    where valid_from <= $as_of and valid_to > $as_of
    group by account_id, region
),
rule as (
    select account_id, region, count(1) as rule_count
    from core.config_rule
    where source_identifier = 'EC2_MANAGEDINSTANCE_PATCH_COMPLIANCE_STATUS_CHECK'
        and valid_from <= $as_of and valid_to > $as_of
    group by account_id, region
),
asked as (
    select account_id, region, max(state) as state, max(case when is_readable then 1 else 0 end) = 1 as is_readable
    from fleet_ledger
    where source = 'config_rule'
    group by account_id, region
)
select
    n.account_id, n.region, n.node_id,
    case
        when r.answer = 1 then 'non-compliant' when r.answer = 2 then 'no data' when r.answer = 3 then 'compliant'
        when r.answer = 4 then 'not applicable' when not coalesce(a.is_readable, false) then 'not known'
        when not coalesce(c.is_recording, false) or u.rule_count is null then 'not known' else 'not judged'
    end as verdict,
    r.judged_at, c.is_recording,
    case
        when r.answer is not null then null when a.state is null then 'AWS Config was not asked'
        when not a.is_readable then 'AWS Config: ' || replace(a.state, '_', ' ')
        when not coalesce(c.is_recording, false) then 'AWS Config records nothing here'
        when u.rule_count is null then 'no rule of AWS Config judges patches here'
        else 'AWS Config has no result for the node'
    end as gap
from core.node as n
left join result as r on r.account_id = n.account_id and r.region = n.region and r.node_id = n.node_id
left join recorder as c on c.account_id = n.account_id and c.region = n.region
left join rule as u on u.account_id = n.account_id and u.region = n.region
left join asked as a on a.account_id = n.account_id and a.region = n.region
where n.valid_from <= $as_of and n.valid_to > $as_of
order by n.account_id, n.region, n.node_id
