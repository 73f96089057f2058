-- purpose: is the time patches stay open lost by design (before approval) or by execution (after it)?
-- inputs:  core.severity, lag/wait
-- grain:   one row per environment, severity, is_event
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   environment             varchar  tag Environment, unknown when untagged
--   severity                varchar  vendor severity
--   is_event                boolean  true: effective episodes; false: still open when last seen
--   episode_count           bigint   episodes, the denominator [patches]
--   unknown_approval_count  bigint   of these the approval is not known: left out of the parts below [patches]
--   total_days              double   sum of the open time of those with a known approval [patch days]
--   design_days             double   of it before the approval, or without any [patch days]
--   execution_days          double   of it from approval to installation, the wait for a window included [patch days]
--   reboot_days             double   of it installed and waiting for a reboot [patch days]
--   mean_design_days        double   design_days per episode [d], null when no approval is known
--   mean_execution_days     double   execution_days per episode [d], null when no approval is known
--   mean_reboot_days        double   reboot_days per episode [d], null when no approval is known
select
    w.environment, w.severity, w.is_event, count(1) as episode_count,
    count(1) filter (where w.design_days is null) as unknown_approval_count,
    coalesce(sum(w.total_days) filter (where w.design_days is not null), 0.0) as total_days,
    coalesce(sum(w.design_days), 0.0) as design_days, coalesce(sum(w.execution_days), 0.0) as execution_days,
    coalesce(sum(w.reboot_days) filter (where w.design_days is not null), 0.0) as reboot_days,
    avg(w.design_days) as mean_design_days, avg(w.execution_days) as mean_execution_days,
    avg(w.reboot_days) filter (where w.design_days is not null) as mean_reboot_days
from lag_wait as w
left join core.severity as v on v.severity = w.severity
group by v.severity_rank, w.severity, w.environment, w.is_event
order by v.severity_rank nulls last, w.severity, w.environment, w.is_event
