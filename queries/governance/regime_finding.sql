-- purpose: how many managed nodes are in which regimes, and how many nobody chose a baseline for?
-- inputs:  governance/node_regime
-- grain:   one row per finding_rank, baseline_choice that occurs
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   finding_rank     integer  order of the findings, gravest first
--   finding          varchar  what is found of the node's regimes
--   baseline_choice  varchar  what chooses its baseline: the patch group, or a default and why
--   node_count       bigint   managed nodes of systems that Patch Manager patches [nodes]
--   account_count    bigint   accounts they are in [accounts]
with finding (finding_rank, finding) as (
    values
    (1, 'baselines differ'), (2, 'baseline not known'), (3, 'several install'), (4, 'nothing installs'),
    (5, 'default baseline'), (6, 'one regime')
)
select
    f.finding_rank, n.finding, n.baseline_choice, count(1) as node_count, count(distinct n.account_id) as account_count
from governance_node_regime as n
inner join finding as f on f.finding = n.finding
group by f.finding_rank, n.finding, n.baseline_choice
order by f.finding_rank, n.baseline_choice
