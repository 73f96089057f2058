-- purpose: which combinations of regimes meet on nodes where more than one decides?
-- inputs:  governance/node_regime
-- grain:   one row per finding, regimes of nodes with baselines that differ or are not known, or several installers
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   finding        varchar  baselines differ, baseline not known, or several install
--   regimes        varchar  regimes with operation and baseline, a semicolon between
--   node_count     bigint   nodes that all of them reach [nodes]
--   account_count  bigint   accounts they are in [accounts]
--   node_id        varchar  one of these nodes, as an example
select
    finding, regimes, count(1) as node_count, count(distinct account_id) as account_count, min(node_id) as node_id
from governance_node_regime
where finding in ('baselines differ', 'baseline not known', 'several install')
group by finding, regimes
order by
    case finding when 'baselines differ' then 1 when 'baseline not known' then 2 else 3 end, node_count desc, regimes
