-- purpose: on how many nodes does each system say otherwise than we do, or nothing, and why?
-- inputs:  compliance/system_verdict
-- grain:   one row per system_rank, verdict, compliance_status, difference that occurs on nodes not excluded
-- params:
--   as_of                timestamp  report instant [UTC]
--   stale_after_days     integer    a scan older than this no longer counts [d]
--   scan_interval_hours  integer    time between two scans of one node [h]
-- columns:
--   system_rank        integer  order of the systems
--   system             varchar  Systems Manager, AWS Config, Security Hub or Inspector
--   verdict            varchar  what it says, in its own words
--   compliance_status  varchar  our status
--   is_good            boolean  it finds nothing to patch, null when it says neither
--   difference         varchar  why it differs from us or is silent, null when it agrees
--   node_count         bigint   nodes [nodes]
with system (system_rank, system) as (
    values
    (1, 'Systems Manager'), (2, 'AWS Config'), (3, 'Security Hub'), (4, 'Inspector')
)
select
    s.system_rank, v.system, v.verdict, v.compliance_status, v.is_good, v.difference, count(1) as node_count
from compliance_system_verdict as v
inner join system as s on s.system = v.system
where v.compliance_status <> 'excluded'
group by s.system_rank, v.system, v.verdict, v.compliance_status, v.is_good, v.difference
order by s.system_rank, v.verdict, v.compliance_status, v.is_good, v.difference
