-- purpose: what does Security Hub's control SSM.2 say of each node's patches, or why does it say nothing?
-- inputs:  core.node, core.security_hub_node_finding, fleet/ledger
-- grain:   one row per account_id, region, node_id
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id  varchar    AWS account of the node
--   region      varchar    Region of the node
--   node_id     varchar    EC2 instance id or hybrid managed node id
--   verdict     varchar    passed, failed, suppressed, archived, not available, no finding, or not known
--   checked_at  timestamp  last check or change [UTC], null without a finding
--   gap         varchar    why it says nothing, null when it says something
with ranked as (
    -- the newest finding that is active, else the newest archived one
    select
        account_id, region, node_id, compliance_status, workflow_status, record_state, updated_at,
        row_number() over (
            partition by account_id, region, node_id
            order by case record_state when 'ACTIVE' then 0 else 1 end, updated_at desc, compliance_status
        ) as choice
    from core.security_hub_node_finding
    where control_id = 'SSM.2' and valid_from <= $as_of and valid_to > $as_of
),
asked as (
    select account_id, region, max(state) as state, max(case when is_readable then 1 else 0 end) = 1 as is_readable
    from fleet_ledger
    where source = 'securityhub_finding'
    group by account_id, region
)
select
    n.account_id, n.region, n.node_id,
    case
        when f.record_state = 'ARCHIVED' then 'archived'
        -- suppressed says what somebody decided, and nothing of the patches
        when f.workflow_status = 'SUPPRESSED' then 'suppressed'
        when f.compliance_status = 'PASSED' then 'passed' when f.compliance_status = 'FAILED' then 'failed'
        when f.node_id is not null then 'not available'
        when coalesce(a.is_readable, false) then 'no finding' else 'not known'
    end as verdict,
    f.updated_at as checked_at,
    case
        when f.node_id is not null then null when a.state is null then 'Security Hub was not asked'
        when not a.is_readable then 'Security Hub: ' || replace(a.state, '_', ' ')
        else 'Security Hub has no finding of the node: it judges only nodes with recorded patch compliance'
    end as gap
from core.node as n
left join ranked as f
    on f.account_id = n.account_id and f.region = n.region and f.node_id = n.node_id and f.choice = 1
left join asked as a on a.account_id = n.account_id and a.region = n.region
where n.valid_from <= $as_of and n.valid_to > $as_of
order by n.account_id, n.region, n.node_id
