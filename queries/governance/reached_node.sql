-- purpose: which nodes does each selector of a window's task or of an association reach, by id or by tags?
-- inputs:  core.association_selection, core.node, core.node_tag, core.window_selection
-- grain:   one row per account_id, region, regime_id, selector, node_id
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id      varchar  AWS account
--   region          varchar  Region
--   regime_id       varchar  window or association
--   window_task_id  varchar  task of the window, null for an association
--   selector        varchar  selector, as governance/regime_selection spells it
--   node_id         varchar  node that it selects; a node that is not managed is not reached all the same
with selection as (
    select
        account_id, region, window_id as regime_id, window_task_id, window_task_id || '/' || selector as selector,
        selector_key, selector_value
    from core.window_selection
    where valid_from <= $as_of and valid_to > $as_of
    union all
    select
        account_id, region, association_id as regime_id, cast(null as varchar) as window_task_id,
        'association' as selector, selector_key, selector_value
    from core.association_selection
    where valid_from <= $as_of and valid_to > $as_of
),
needed as (
    select account_id, region, regime_id, selector, count(distinct selector_key) as key_count
    from selection
    group by account_id, region, regime_id, selector
),
named as (
    select account_id, region, node_id, 'InstanceIds' as node_key, node_id as node_value
    from core.node
    where valid_from <= $as_of and valid_to > $as_of
    union all
    select account_id, region, node_id, 'InstanceIds' as node_key, '*' as node_value
    from core.node
    where valid_from <= $as_of and valid_to > $as_of
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
    -- values of a key are alternatives
    select
        s.account_id, s.region, s.regime_id, s.window_task_id, s.selector, n.node_id,
        count(distinct s.selector_key) as key_count
    from selection as s
    inner join named as n
        on n.account_id = s.account_id and n.region = s.region
        and n.node_key = s.selector_key and n.node_value = s.selector_value
    group by s.account_id, s.region, s.regime_id, s.window_task_id, s.selector, n.node_id
)
select m.account_id, m.region, m.regime_id, m.window_task_id, m.selector, m.node_id
from matched as m
inner join needed as d
    on d.account_id = m.account_id and d.region = m.region and d.regime_id = m.regime_id
    and d.selector = m.selector and d.key_count = m.key_count
order by m.account_id, m.region, m.regime_id, m.selector, m.node_id
