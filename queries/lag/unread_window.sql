-- purpose: which waits for a window lie before the executions that were read, so that only a schedule can tell them?
-- inputs:  lag/waypoint
-- grain:   one row per environment, severity, is_event, account_id, region, windows, ready_at, installed_at, ended_at
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   environment    varchar    tag Environment, unknown when untagged
--   severity       varchar    vendor severity
--   is_event       boolean    true: effective episodes; false: ended otherwise, or open when last seen
--   account_id     varchar    AWS account of the nodes
--   region         varchar    Region of the nodes
--   windows        varchar    windows that install on them, a semicolon between
--   ready_at       timestamp  approved and under our eyes [UTC]
--   installed_at   timestamp  installation, the end where not installed [UTC], null when not told
--   ended_at       timestamp  effective, else the last instant seen open [UTC]
--   episode_count  bigint     episodes of these instants [patches]
select
    environment, severity, is_event, account_id, region, windows, ready_at, installed_at, ended_at,
    count(1) as episode_count
from lag_waypoint
where window_source = 'not read'
group by environment, severity, is_event, account_id, region, windows, ready_at, installed_at, ended_at
order by environment, severity, is_event, account_id, region, windows, ready_at, installed_at, ended_at
