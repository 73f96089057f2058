-- purpose: which baselines are in force in an environment, and on how many of its nodes?
-- inputs:  core.baseline_setting, core.node, core.node_scan
-- grain:   one row per environment, operating_system, account_id, region, baseline_id
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   environment       varchar  tag Environment, unknown when untagged
--   operating_system  varchar  operating system as Systems Manager spells it
--   account_id        varchar  AWS account
--   region            varchar  Region
--   baseline_id       varchar  baseline of the last scan, null where it is not known
--   is_read           boolean  what the baseline sets was read
--   node_count        bigint   nodes with a scan by it [nodes]
with setting as (
    select distinct account_id, region, baseline_id
    from core.baseline_setting
    where valid_from <= $as_of and valid_to > $as_of
)
select
    coalesce(n.environment, 'unknown') as environment, n.operating_system, n.account_id, n.region, s.baseline_id,
    e.baseline_id is not null as is_read, count(1) as node_count
from core.node as n
inner join core.node_scan as s
    on s.account_id = n.account_id and s.region = n.region and s.node_id = n.node_id
    and s.valid_from <= $as_of and s.valid_to > $as_of and s.operation_ended_at is not null
left join setting as e
    on e.account_id = s.account_id and e.region = s.region and e.baseline_id = s.baseline_id
where n.valid_from <= $as_of and n.valid_to > $as_of and n.operating_system is not null
group by
    coalesce(n.environment, 'unknown'), n.operating_system, n.account_id, n.region, s.baseline_id,
    e.baseline_id is not null
order by
    coalesce(n.environment, 'unknown'), n.operating_system, n.account_id, n.region, s.baseline_id,
    e.baseline_id is not null
