-- purpose: by which regimes (windows, associations, patch policies) is each node to be scanned or patched?
-- inputs:  core.override_baseline, governance/node_baseline, governance/reached_node, governance/regime_selection
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
with regime as (
    select distinct
        account_id, region, regime_kind, regime_id, regime_name, operation, baseline_override, selector,
        -- a patch association may choose its baseline by tags of the baseline, which no listing tells
        baseline_override is null and regime_kind <> 'patch association' as is_own
    from governance_regime_selection
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
    m.account_id, m.region, n.node_id, m.regime_kind, m.regime_id, m.regime_name, m.operation,
    case when m.is_own then n.baseline_id else i.baseline_id end as baseline_id,
    case
        when m.is_own then n.baseline_source when i.baseline_id is not null then 'override' else 'unknown'
    end as baseline_source
from regime as m
inner join governance_reached_node as r
    on r.account_id = m.account_id and r.region = m.region and r.regime_id = m.regime_id and r.selector = m.selector
inner join governance_node_baseline as n
    on n.account_id = r.account_id and n.region = r.region and n.node_id = r.node_id and n.is_managed
left join inside as i
    on i.account_id = m.account_id and i.region = m.region and i.override_url = m.baseline_override
    and i.operating_system = n.operating_system
order by m.account_id, m.region, n.node_id, m.regime_kind, m.regime_id, m.operation
