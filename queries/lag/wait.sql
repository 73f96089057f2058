-- purpose: how many days of each episode went to approval, window, installation and reboot?
-- inputs:  lag/waypoint
-- grain:   one row per account_id, region, node_id, patch_ref, episode_number of an episode
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id       varchar  AWS account of the node
--   region           varchar  Region of the node
--   node_id          varchar  EC2 instance id or hybrid managed node id
--   patch_ref        varchar  KB number, else the title of the package
--   episode_number   bigint   1 for the first time; one more whenever it was installed and is open again
--   environment      varchar  tag Environment, unknown when untagged
--   severity         varchar  vendor severity
--   is_event         boolean  effective at the end; false: it ended otherwise, or was open when last seen
--   approval_source  varchar  as lag/approval says; baseline unknown when the scan does not tell which
--   window_source    varchar  execution, not needed, not read or no window; null where the approval is not known
--   total_days       double   from release, or from coming under our eyes if later, to the end [d]
--   approval_days    double   before the approval, all when never approved [d], null when it is not known
--   window_days      double   from there to the first run of a window that serves the node [d], null when not known
--   install_days     double   from there to the installation: missed windows, failed tries [d], null when not known
--   reboot_days      double   installed, waiting for a reboot [d], null when the installation is not told
--   unknown_days     double   what no known part explains [d]; the five parts add up to the total
with part as (
    select
        account_id, region, node_id, patch_ref, episode_number, environment, severity, is_event, approval_source,
        window_source, date_diff('second', started_at, ended_at) as total,
        date_diff('second', started_at, ready_at) as approval, date_diff('second', ready_at, window_at) as waited,
        date_diff('second', window_at, installed_at) as worked, date_diff('second', installed_at, ended_at) as reboot
    from lag_waypoint
)
select
    account_id, region, node_id, patch_ref, episode_number, environment, severity, is_event, approval_source,
    window_source, total / 86400.0 as total_days, approval / 86400.0 as approval_days,
    waited / 86400.0 as window_days, worked / 86400.0 as install_days, reboot / 86400.0 as reboot_days,
    (total - coalesce(approval, 0) - coalesce(waited, 0) - coalesce(worked, 0) - coalesce(reboot, 0)) / 86400.0
        as unknown_days
from part
order by account_id, region, node_id, patch_ref, episode_number
