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
--   approval_known_count    bigint   of these the approval is known [patches]
--   window_known_count      bigint   of these the first run of a window is known too [patches]
--   execution_known_count   bigint   of these the installation is known too [patches]
--   reboot_known_count      bigint   of all the installation is known [patches]
--   total_days              double   sum of their open time [patch days]
--   approval_days           double   of it before the approval, or without any [patch days]
--   window_days             double   of it from approval to the first run of a window [patch days]
--   design_days             double   approval_days and window_days [patch days]
--   execution_days          double   of it from there to the installation: missed windows, failed tries [patch days]
--   reboot_days             double   of it installed and waiting for a reboot [patch days]
--   unknown_days            double   of it no known part explains; design to this add up [patch days]
--   mean_approval_days      double   approval_days / approval_known_count [d], null when of none it is known
--   mean_window_days        double   window_days / window_known_count [d], null when of none it is known
--   mean_design_days        double   mean_approval_days and mean_window_days [d], null when one is not known
--   mean_execution_days     double   execution_days / execution_known_count [d], null when of none it is known
--   mean_reboot_days        double   reboot_days / reboot_known_count [d], null when of none it is known
with counted as (
    select
        environment, severity, is_event, count(1) as episode_count,
        count(1) filter (where approval_days is null) as unknown_approval_count,
        count(1) filter (where approval_days is not null and window_days is null) as unknown_window_count,
        count(approval_days) as approval_known_count, count(window_days) as window_known_count,
        count(install_days) as execution_known_count, count(reboot_days) as reboot_known_count,
        sum(total_days) as total_days, coalesce(sum(approval_days), 0.0) as approval_days,
        coalesce(sum(window_days), 0.0) as window_days, coalesce(sum(install_days), 0.0) as execution_days,
        coalesce(sum(reboot_days), 0.0) as reboot_days, sum(unknown_days) as unknown_days
    from lag_wait
    group by environment, severity, is_event
)
select
    c.environment, c.severity, c.is_event, c.episode_count, c.unknown_approval_count, c.unknown_window_count,
    c.approval_known_count, c.window_known_count, c.execution_known_count, c.reboot_known_count, c.total_days,
    c.approval_days, c.window_days, c.approval_days + c.window_days as design_days, c.execution_days, c.reboot_days,
    c.unknown_days,
    -- a part that is not known of an episode is no part of nothing: each mean is of those that know it
    c.approval_days / nullif(c.approval_known_count, 0) as mean_approval_days,
    c.window_days / nullif(c.window_known_count, 0) as mean_window_days,
    c.approval_days / nullif(c.approval_known_count, 0) + c.window_days / nullif(c.window_known_count, 0)
        as mean_design_days,
    c.execution_days / nullif(c.execution_known_count, 0) as mean_execution_days,
    c.reboot_days / nullif(c.reboot_known_count, 0) as mean_reboot_days
from counted as c
left join core.severity as v on v.severity = c.severity
order by v.severity_rank nulls last, c.severity, c.environment, c.is_event
