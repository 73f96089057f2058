-- purpose: on each clock, how long was each patch at risk on each node, and how did that end?
-- inputs:  lag/patch_row, lag/approval
-- grain:   one row per account_id, region, node_id, patch_ref, episode_number, clock on which it was at risk
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id      varchar    AWS account of the node
--   region          varchar    Region of the node
--   node_id         varchar    EC2 instance id or hybrid managed node id
--   patch_ref       varchar    KB number, else the title of the package
--   episode_number  bigint     1 for the first time; one more whenever it was installed and is open again
--   clock           varchar    from when days count: released, approved or first observed
--   severity        varchar    vendor severity
--   environment     varchar    tag Environment, unknown when untagged
--   owner           varchar    tag Owner, unknown when untagged
--   platform        varchar    display name of the operating system
--   started_at      timestamp  start of the clock, its day 0 [UTC]
--   entry_days      bigint     whole days after it when the episode came under our eyes, 0 if before it [d]
--   exit_days       double     days after it, begun ones included, when it ended; half a day if closed at once [d]
--   is_event        boolean    effective at exit
--   cause           varchar    patched, node gone, withdrawn, or open when last seen
with clock as (
    select 'released' as clock union all select 'approved' as clock union all select 'first observed' as clock
),
started as (
    select
        p.account_id, p.region, p.node_id, p.patch_ref, p.episode_number, c.clock, p.severity, p.environment, p.owner,
        p.platform, p.watched_from_at, p.ended_at, p.is_event, p.cause,
        case c.clock
            when 'released' then p.released_at when 'approved' then a.approved_at else p.first_observed_at
        end as started_at
    from lag_patch_row as p
    cross join clock as c
    left join lag_approval as a
        on a.account_id = p.account_id and a.region = p.region and a.baseline_id = p.baseline_id
        and a.operating_system = p.operating_system and a.patch_ref = p.patch_ref
    where p.timing = 'episode'
),
spanned as (
    select
        account_id, region, node_id, patch_ref, episode_number, clock, severity, environment, owner, platform,
        started_at, is_event, cause,
        greatest(date_diff('second', started_at, coalesce(watched_from_at, started_at)), 0) as entry_seconds,
        date_diff('second', started_at, ended_at) as exit_seconds
    from started
    where started_at is not null
),
counted as (
    select
        account_id, region, node_id, patch_ref, episode_number, clock, severity, environment, owner, platform,
        started_at, is_event, cause, cast(floor(entry_seconds / 86400.0) as bigint) as entry_days,
        ceil(exit_seconds / 86400.0) as exit_days
    from spanned
    where exit_seconds > entry_seconds or (is_event and exit_seconds = entry_seconds)
)
select
    account_id, region, node_id, patch_ref, episode_number, clock, severity, environment, owner, platform, started_at,
    entry_days,
    case
        when is_event and exit_days <= entry_days + 1 then entry_days + 0.5
        else cast(greatest(exit_days, entry_days + 1) as double)
    end as exit_days,
    is_event, cause
from counted
order by account_id, region, node_id, patch_ref, episode_number, clock
