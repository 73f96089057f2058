-- purpose: is the time patches stay open lost by design (approval, window) or by execution (after the window)?
-- inputs:  core.severity, lag/wait
-- grain:   one row per environment, severity, is_event
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   environment             varchar  tag Environment, unknown when untagged
--   severity                varchar  vendor severity
--   is_event                boolean  true: effective episodes; false: ended otherwise, or open when last seen
--   episode_count           bigint   episodes, the denominator [patches]
--   unknown_approval_count  bigint   of these the approval is not known [patches]
--   unknown_window_count    bigint   of these the approval is known and the first run of a window is not [patches]
--   total_days              double   sum of their open time [patch days]
--   approval_days           double   of it before the approval, or without any [patch days]
--   window_days             double   of it from approval to the first run of a window [patch days]
--   design_days             double   approval_days and window_days [patch days]
--   execution_days          double   of it from there to the installation: missed windows, failed tries [patch days]
--   reboot_days             double   of it installed and waiting for a reboot [patch days]
--   unknown_days            double   of it no known part explains; design, execution, reboot and this add up [patch days]
--   mean_design_days        double   design_days per episode [d]
--   mean_execution_days     double   execution_days per episode [d]
--   mean_reboot_days        double   reboot_days per episode [d]
select
    w.environment, w.severity, w.is_event, count(1) as episode_count,
    count(1) filter (where w.approval_days is null) as unknown_approval_count,
    count(1) filter (where w.approval_days is not null and w.window_days is null) as unknown_window_count,
    sum(w.total_days) as total_days, coalesce(sum(w.approval_days), 0.0) as approval_days,
    coalesce(sum(w.window_days), 0.0) as window_days,
    coalesce(sum(w.approval_days), 0.0) + coalesce(sum(w.window_days), 0.0) as design_days,
    coalesce(sum(w.install_days), 0.0) as execution_days, coalesce(sum(w.reboot_days), 0.0) as reboot_days,
    sum(w.unknown_days) as unknown_days,
    (coalesce(sum(w.approval_days), 0.0) + coalesce(sum(w.window_days), 0.0)) / count(1) as mean_design_days,
    coalesce(sum(w.install_days), 0.0) / count(1) as mean_execution_days,
    coalesce(sum(w.reboot_days), 0.0) / count(1) as mean_reboot_days
from lag_wait as w
left join core.severity as v on v.severity = w.severity
group by v.severity_rank, w.severity, w.environment, w.is_event
order by v.severity_rank nulls last, w.severity, w.environment, w.is_event
