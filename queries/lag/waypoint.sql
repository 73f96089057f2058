-- purpose: when was each episode approved, due in a window, installed and ended?
-- inputs:  lag/patch_row, lag/approval, lag/first_window
-- grain:   one row per account_id, region, node_id, patch_ref, episode_number of an episode
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id       varchar    AWS account of the node
--   region           varchar    Region of the node
--   node_id          varchar    EC2 instance id or hybrid managed node id
--   patch_ref        varchar    KB number, else the title of the package
--   episode_number   bigint     1 for the first time; one more whenever it was installed and is open again
--   environment      varchar    tag Environment, unknown when untagged
--   severity         varchar    vendor severity
--   is_event         boolean    effective at the end; false: it ended otherwise, or was open when last seen
--   approved_at      timestamp  approval by the baseline in force, past or due [UTC], null when not known
--   approval_source  varchar    as lag/approval says; baseline unknown when the scan does not tell which
--   windows          varchar    windows that install on the node, a semicolon between; null when none is known
--   window_source    varchar    as lag/first_window says; not needed if it ended by ready_at; null if that is not known
--   started_at       timestamp  release, or when it came under our eyes if later [UTC]
--   ready_at         timestamp  approval, held inside the episode; its end when never approved [UTC], null if not known
--   window_at        timestamp  first run of its window from then on, held inside [UTC], null when not known
--   is_run           boolean    a window of its node is known to have run between ready_at and the end
--   installed_at     timestamp  installation, its end where it was not installed [UTC], null when not told
--   ended_at         timestamp  effective, else the last instant seen open [UTC]
with span as (
    select
        p.account_id, p.region, p.node_id, p.patch_ref, p.episode_number, p.environment, p.severity, p.is_event,
        a.approved_at, p.ended_at, f.windows, f.window_source, f.window_run_at, f.run_seen_at,
        coalesce(
            a.approval_source, case when p.baseline_id is null then 'baseline unknown' else 'baseline not read' end
        ) as approval_source,
        greatest(p.released_at, p.watched_from_at) as started_at,
        case
            when not p.is_event and p.patch_state <> 'InstalledPendingReboot' then p.ended_at
            -- an installation before the re-opening is an earlier one
            when p.installed_at is not null and (p.episode_number = 1 or p.installed_at >= p.watched_from_at)
                then least(greatest(p.installed_at, p.released_at, p.watched_from_at), p.ended_at)
        end as installed_at
    from lag_patch_row as p
    left join lag_approval as a
        on a.account_id = p.account_id and a.region = p.region and a.baseline_id = p.baseline_id
        and a.operating_system = p.operating_system and a.patch_ref = p.patch_ref
    left join lag_first_window as f
        on f.account_id = p.account_id and f.region = p.region and f.node_id = p.node_id
        and f.ready_at = greatest(a.approved_at, p.released_at, p.watched_from_at) and a.approved_at is not null
    where p.timing = 'episode'
),
ready as (
    select
        account_id, region, node_id, patch_ref, episode_number, environment, severity, is_event, approved_at,
        approval_source, windows, window_source, window_run_at, run_seen_at, started_at, installed_at, ended_at,
        coalesce(installed_at, ended_at) as by_at,
        case
            when approved_at is not null
                then least(greatest(approved_at, started_at), coalesce(installed_at, ended_at))
            when approval_source = 'never approved' then coalesce(installed_at, ended_at)
        end as ready_at
    from span
)
select
    account_id, region, node_id, patch_ref, episode_number, environment, severity, is_event, approved_at,
    approval_source, windows, case when ready_at = by_at then 'not needed' else window_source end as window_source,
    started_at, ready_at,
    case
        when ready_at = by_at then by_at
        when window_source = 'execution' then least(coalesce(window_run_at, by_at), by_at)
    end as window_at,
    coalesce(run_seen_at < by_at, false) as is_run, installed_at, ended_at
from ready
order by account_id, region, node_id, patch_ref, episode_number
