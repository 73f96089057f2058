-- purpose: what do AWS's own compliance summaries say of each node, one column per type?
-- inputs:  core.node_compliance, governance/regime
-- grain:   one row per account_id, region, node_id with a summary
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id            varchar    AWS account of the node
--   region                varchar    Region of the node
--   node_id               varchar    EC2 instance id or hybrid managed node id
--   patch_label           varchar    type Patch: compliant or non-compliant, null without one
--   labelled_at           timestamp  when the execution behind it was captured [UTC], null when not told
--   association_label     varchar    type Association: compliant or non-compliant, null without one
--   is_patch_association  boolean    an association reports its patch scan as its own compliance, without patches
with apart as (
    select distinct account_id, region, node_id
    from governance_regime
    where regime_kind = 'patch association'
),
label as (
    -- one row per type, whatever the order of the listing
    select
        account_id, region, node_id,
        max(case when compliance_type = 'Patch' then replace(lower(aws_status), '_', '-') end) as patch_label,
        max(case when compliance_type = 'Patch' then execution_at end) as labelled_at,
        max(case when compliance_type = 'Association' then replace(lower(aws_status), '_', '-') end)
            as association_label
    from core.node_compliance
    where valid_from <= $as_of and valid_to > $as_of
    group by account_id, region, node_id
)
select
    l.account_id, l.region, l.node_id, l.patch_label, l.labelled_at, l.association_label,
    a.node_id is not null and l.association_label is not null as is_patch_association
from label as l
left join apart as a on a.account_id = l.account_id and a.region = l.region and a.node_id = l.node_id
order by l.account_id, l.region, l.node_id
