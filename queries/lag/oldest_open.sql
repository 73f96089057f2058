-- purpose: which open patches are the oldest of each severity and environment, and what do they wait for?
-- inputs:  core.severity, lag/patch_row, lag/waypoint
-- grain:   one row per account_id, region, node_id, patch_ref, episode_number: the 20 oldest of a stratum
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   severity        varchar    vendor severity
--   environment     varchar    tag Environment, unknown when untagged
--   account_id      varchar    AWS account of the node
--   region          varchar    Region of the node
--   node_id         varchar    EC2 instance id or hybrid managed node id
--   owner           varchar    tag Owner, unknown when untagged
--   patch_ref       varchar    KB number, else the title of the package
--   episode_number  bigint     1 for the first time; one more whenever it was installed and is open again
--   patch_state     varchar    last patch state seen
--   waits_for       varchar    what it waited for when last seen, or that this is not known
--   released_at     timestamp  vendor release [UTC]
--   approved_at     timestamp  approval by the baseline in force, past or due [UTC], null when not known
--   window_at       timestamp  first run of its window from then on [UTC], null when not known
--   last_seen_at    timestamp  last instant seen open [UTC]
--   age_days        double     days from the release, or from coming under our eyes if later, to as_of [d]
with aged as (
    select
        p.severity, p.environment, p.account_id, p.region, p.node_id, p.owner, p.patch_ref, p.episode_number,
        p.patch_state,
        case
            when p.patch_state = 'InstalledPendingReboot' then 'its reboot'
            when w.approval_source = 'never approved' then 'a rule: none approves it'
            when w.approved_at is null then 'not known: ' || w.approval_source
            when w.approved_at >= p.ended_at then 'its approval'
            when w.window_source = 'no window' then 'a window: none installs on the node'
            when w.is_run and p.patch_state = 'Failed' then 'another try: the last one failed'
            when w.is_run then 'another run: its window ran, and it stayed open'
            when w.window_source = 'not read' then 'not known: runs of its window were not read'
            else 'the first run of its window'
        end as waits_for,
        p.released_at, w.approved_at, w.window_at, p.ended_at as last_seen_at,
        date_diff('second', w.started_at, $as_of) / 86400.0 as age_days
    from lag_patch_row as p
    inner join lag_waypoint as w
        on w.account_id = p.account_id and w.region = p.region and w.node_id = p.node_id
        and w.patch_ref = p.patch_ref and w.episode_number = p.episode_number
    where p.timing = 'episode' and p.cause = 'open'
),
ranked as (
    select
        severity, environment, account_id, region, node_id, owner, patch_ref, episode_number, patch_state, waits_for,
        released_at, approved_at, window_at, last_seen_at, age_days,
        row_number() over (
            partition by severity, environment order by age_days desc, account_id, region, node_id, patch_ref
        ) as place
    from aged
)
select
    r.severity, r.environment, r.account_id, r.region, r.node_id, r.owner, r.patch_ref, r.episode_number,
    r.patch_state, r.waits_for, r.released_at, r.approved_at, r.window_at, r.last_seen_at, r.age_days
from ranked as r
left join core.severity as v on v.severity = r.severity
where r.place <= 20
order by v.severity_rank nulls last, r.severity, r.environment, r.place
