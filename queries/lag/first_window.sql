-- purpose: when did a maintenance window that installs on the node first run once a patch was approved?
-- inputs:  core.window_execution, lag/approval, lag/patch_row, lag/window_node
-- grain:   one row per account_id, region, node_id, ready_at of an episode with a known approval
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id     varchar    AWS account of the node
--   region         varchar    Region of the node
--   node_id        varchar    EC2 instance id or hybrid managed node id
--   ready_at       timestamp  approval, or the release or our watch over the episode if later [UTC]
--   windows        varchar    windows that install on the node, a semicolon between; null when none is known
--   window_run_at  timestamp  first run from then on, failed and skipped ones too [UTC], null when none or not read
--   run_seen_at    timestamp  first run from then on that was read [UTC], null when none
--   window_source  varchar    execution, not read (it lies before the executions that were read) or no window
with ready as (
    select distinct
        p.account_id, p.region, p.node_id, greatest(a.approved_at, p.released_at, p.watched_from_at) as ready_at
    from lag_patch_row as p
    inner join lag_approval as a
        on a.account_id = p.account_id and a.region = p.region and a.baseline_id = p.baseline_id
        and a.operating_system = p.operating_system and a.patch_ref = p.patch_ref
    where p.timing = 'episode' and a.approved_at is not null
),
run as (
    select distinct account_id, region, window_id, started_at
    from core.window_execution
    where valid_from <= $as_of and started_at <= $as_of
),
reading as (
    -- what AWS had forgotten at our first reading of a place is not known
    select account_id, region, min(started_at) as read_from_at
    from run
    group by account_id, region
),
served as (
    select r.account_id, r.region, r.node_id, r.ready_at, string_agg(w.window_id, ';' order by w.window_id) as windows
    from ready as r
    inner join lag_window_node as w
        on w.account_id = r.account_id and w.region = r.region and w.node_id = r.node_id
    group by r.account_id, r.region, r.node_id, r.ready_at
),
first_run as (
    select r.account_id, r.region, r.node_id, r.ready_at, min(e.started_at) as window_run_at
    from ready as r
    inner join lag_window_node as w
        on w.account_id = r.account_id and w.region = r.region and w.node_id = r.node_id
    inner join run as e
        on e.account_id = w.account_id and e.region = w.region and e.window_id = w.window_id
        and e.started_at >= r.ready_at
    group by r.account_id, r.region, r.node_id, r.ready_at
)
select
    r.account_id, r.region, r.node_id, r.ready_at, s.windows,
    case when r.ready_at >= g.read_from_at then f.window_run_at end as window_run_at,
    f.window_run_at as run_seen_at,
    case
        when s.windows is null then 'no window' when r.ready_at >= g.read_from_at then 'execution' else 'not read'
    end as window_source
from ready as r
left join served as s
    on s.account_id = r.account_id and s.region = r.region and s.node_id = r.node_id and s.ready_at = r.ready_at
left join first_run as f
    on f.account_id = r.account_id and f.region = r.region and f.node_id = r.node_id and f.ready_at = r.ready_at
left join reading as g on g.account_id = r.account_id and g.region = r.region
order by r.account_id, r.region, r.node_id, r.ready_at
