-- purpose: which nodes does each maintenance window patch, and by which baseline?
-- inputs:  core.window_task, governance/node_baseline, governance/reached_node
-- grain:   one row per account_id, region, window_id, node_id of a window with a task that installs
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id        varchar  AWS account
--   region            varchar  Region
--   window_id         varchar  maintenance window
--   node_id           varchar  node that a task selects by id or by tags
--   patch_group       varchar  tag Patch Group, null when none
--   operating_system  varchar  operating system as Systems Manager spells it, null when unknown
--   baseline_id       varchar  that of the patch group, else the default of the operating system; null when not known
select distinct
    r.account_id, r.region, r.regime_id as window_id, r.node_id, b.patch_group, b.operating_system, b.baseline_id
from governance_reached_node as r
inner join core.window_task as t
    on t.account_id = r.account_id and t.region = r.region and t.window_id = r.regime_id
    and t.window_task_id = r.window_task_id and t.operation = 'Install'
    and t.valid_from <= $as_of and t.valid_to > $as_of
inner join governance_node_baseline as b
    on b.account_id = r.account_id and b.region = r.region and b.node_id = r.node_id
order by r.account_id, r.region, window_id, r.node_id
