-- purpose: what does Amazon Inspector find on each node, or why does it find nothing?
-- inputs:  core.inspector_account, core.inspector_node, core.node, fleet/ledger
-- grain:   one row per account_id, region, node_id
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id             varchar    AWS account of the node
--   region                 varchar    Region of the node
--   node_id                varchar    EC2 instance id or hybrid managed node id
--   verdict                varchar    fix available, no fix yet, nothing found, not scanned, or not known
--   last_scanned_at        timestamp  last look at its packages [UTC], null when there was none or it is not told
--   open_finding_count     bigint     active findings [findings], null when not scanned or not known
--   fixable_finding_count  bigint     of these with a fix [findings], null when not scanned or not known
--   gap                    varchar    why it says nothing, null when it says something
with asked as (
    select account_id, region, max(state) as state, max(case when is_readable then 1 else 0 end) = 1 as is_readable
    from fleet_ledger
    where source = 'inspector2_coverage'
    group by account_id, region
),
judged as (
    select
        n.account_id, n.region, n.node_id, i.last_scanned_at, i.open_finding_count, i.fixable_finding_count,
        case
            when n.node_kind = 'hybrid' then 'Inspector does not scan hybrid nodes'
            when i.scan_status = 'ACTIVE' then null
            when i.node_id is not null then 'Inspector does not scan it: ' || replace(lower(i.scan_reason), '_', ' ')
            when a.state is null then 'Inspector was not asked'
            when not a.is_readable then 'Inspector: ' || replace(a.state, '_', ' ')
            when coalesce(c.ec2_status, '') <> 'ENABLED' then 'Inspector is not activated for instances here'
            else 'Inspector does not know the node'
        end as gap,
        i.node_id is not null as is_listed
    from core.node as n
    left join core.inspector_node as i
        on i.account_id = n.account_id and i.region = n.region and i.node_id = n.node_id
        and i.valid_from <= $as_of and i.valid_to > $as_of
    left join core.inspector_account as c
        on c.account_id = n.account_id and c.region = n.region and c.valid_from <= $as_of and c.valid_to > $as_of
    left join asked as a on a.account_id = n.account_id and a.region = n.region
    where n.valid_from <= $as_of and n.valid_to > $as_of
)
select
    account_id, region, node_id,
    case
        when gap is not null and is_listed then 'not scanned' when gap is not null then 'not known'
        when fixable_finding_count > 0 then 'fix available' when open_finding_count > 0 then 'no fix yet'
        else 'nothing found'
    end as verdict,
    last_scanned_at, case when gap is null then open_finding_count end as open_finding_count,
    case when gap is null then fixable_finding_count end as fixable_finding_count, gap
from judged
order by account_id, region, node_id
