-- purpose: by which regimes (windows, associations, patch policies) is each node to be scanned or patched?
-- inputs:  core.baseline, core.node, core.node_tag, core.override_baseline, core.patch_group,
--          governance/regime_selection
-- grain:   one row per account_id, region, node_id, regime_kind, regime_id, operation of a managed node
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id        varchar  AWS account
--   region            varchar  Region
--   node_id           varchar  managed node that the regime selects by id or by tags
--   regime_kind       varchar  maintenance window, patch policy, association, or patch association
--   regime_id         varchar  window or association
--   regime_name       varchar  its name, the id when it has none
--   operation         varchar  Scan or Install
--   baseline_id       varchar  baseline by which it goes, null when not known
--   baseline_source   varchar  patch group, default, override, or unknown
with node as (
    select account_id, region, node_id, patch_group, operating_system
    from core.node
    where valid_from <= $as_of and valid_to > $as_of and is_managed
),
named as (
    select account_id, region, node_id, 'InstanceIds' as node_key, node_id as node_value from node
    union all
    select account_id, region, node_id, 'InstanceIds' as node_key, '*' as node_value from node
    union all
    select account_id, region, node_id, 'tag:' || tag_key as node_key, tag_value as node_value
    from core.node_tag
    where valid_from <= $as_of and valid_to > $as_of
    union all
    select account_id, region, node_id, 'tag-key' as node_key, tag_key as node_value
    from core.node_tag
    where valid_from <= $as_of and valid_to > $as_of
),
matched as (
    select
        s.account_id, s.region, s.regime_kind, s.regime_id, s.regime_name, s.operation, s.baseline_override, n.node_id,
        -- a patch association may choose its baseline by tags of the baseline, which no listing tells
        s.baseline_override is null and s.regime_kind <> 'patch association' as is_own
    from governance_regime_selection as s
    inner join named as n
        on n.account_id = s.account_id and n.region = s.region
        and n.node_key = s.selector_key and n.node_value = s.selector_value
    group by
        s.account_id, s.region, s.regime_kind, s.regime_id, s.regime_name, s.operation, s.baseline_override,
        s.selector, s.key_count, n.node_id
    having count(distinct s.selector_key) = s.key_count
),
usual as (
    select account_id, region, operating_system, min(baseline_id) as baseline_id
    from core.baseline
    where valid_from <= $as_of and valid_to > $as_of and is_default
    group by account_id, region, operating_system
),
inside as (
    -- a run fails where an override holds several baselines for one operating system
    select account_id, region, override_url, operating_system, max(baseline_id) as baseline_id
    from core.override_baseline
    where valid_from <= $as_of and valid_to > $as_of
    group by account_id, region, override_url, operating_system
    having count(1) = 1
)
select distinct
    m.account_id, m.region, m.node_id, m.regime_kind, m.regime_id, m.regime_name, m.operation,
    case when m.is_own then coalesce(g.baseline_id, u.baseline_id) else i.baseline_id end as baseline_id,
    case
        when not m.is_own then case when i.baseline_id is not null then 'override' else 'unknown' end
        when g.baseline_id is not null then 'patch group' when u.baseline_id is not null then 'default' else 'unknown'
    end as baseline_source
from matched as m
inner join node as n on n.account_id = m.account_id and n.region = m.region and n.node_id = m.node_id
left join core.patch_group as g
    on g.account_id = n.account_id and g.region = n.region and g.patch_group = n.patch_group
    and g.operating_system = n.operating_system and g.valid_from <= $as_of and g.valid_to > $as_of
left join usual as u
    on u.account_id = n.account_id and u.region = n.region and u.operating_system = n.operating_system
left join inside as i
    on i.account_id = m.account_id and i.region = m.region and i.override_url = m.baseline_override
    and i.operating_system = n.operating_system
order by m.account_id, m.region, m.node_id, m.regime_kind, m.regime_id, m.operation
