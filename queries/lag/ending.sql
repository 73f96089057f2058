-- purpose: from when would the end of each episode have been seen, and when and why did it end?
-- inputs:  core.node_key, lag/spell, lag/node_clock
-- grain:   one row per account_id, region, node_id, patch_ref, episode_number ever seen by as_of
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id         varchar    AWS account of the node
--   region             varchar    Region of the node
--   node_id            varchar    EC2 instance id or hybrid managed node id
--   patch_ref          varchar    KB number, else the title of the package
--   episode_number     bigint     1 for the first time; one more whenever it was installed and is open again
--   environment        varchar    tag Environment, unknown when untagged
--   owner              varchar    tag Owner, unknown when untagged
--   platform           varchar    display name of the operating system
--   operating_system   varchar    operating system as Systems Manager spells it, null when unknown
--   severity           varchar    severity as the node last reported it, null when it reports none
--   classification     varchar    classification as the node last reported it, null when it reports none
--   baseline_id        varchar    patch baseline of the last scan, null when none or not told
--   patch_state        varchar    last patch state seen
--   under_care_at      timestamp  first launch or registration of the node [UTC], null when unknown
--   first_observed_at  timestamp  when a snapshot of ours first listed it as open [UTC], null when none did
--   watched_from_at    timestamp  care of the node, the re-opening, or first sight where no time is told; or null [UTC]
--   installed_at       timestamp  installation [UTC], null when not installed or not told
--   ended_at           timestamp  effective, else the last instant seen open [UTC], null when not told
--   is_event           boolean    effective: installed with no reboot outstanding
--   is_provisional     boolean    effective, but not yet for good: as lag/spell says
--   flap_count         bigint     times it was effective and soon open again: as lag/spell says
--   is_first_look      boolean    watched only from our first look at the node, which tells no installation times
--   cause              varchar    patched, node gone, withdrawn (a later scan lists it no more) or open
with untold as (
    -- nodes that tell no installation time: of what was open before our first look only the rest is seen
    select node_key, min(seen_from_at) as first_look_at
    from lag_spell
    group by node_key
    having count(1) filter (where is_event) > 0 and count(installed_at) filter (where is_event) = 0
)
select
    k.account_id, k.region, k.node_id, p.patch_ref, p.episode_number,
    coalesce(c.environment, 'unknown') as environment, coalesce(c.owner, 'unknown') as owner,
    coalesce(c.platform, 'unknown') as platform, c.operating_system, p.severity, p.classification, c.baseline_id,
    p.patch_state, c.under_care_at, p.first_observed_at,
    greatest(c.under_care_at, case
        when p.episode_number > 1 or u.node_key is not null then p.first_observed_at
    end) as watched_from_at,
    p.installed_at,
    case
        when not p.is_event then least(coalesce(c.last_scan_at, $as_of), p.open_until, c.gone_at, $as_of)
        -- a reboot, and an end without a time of its own, is known by the snapshot that shows it done
        when p.first_observed_at is not null and (p.pending_until is not null or p.installed_at is null
            or (p.episode_number > 1 and p.installed_at < p.first_observed_at)) then p.effective_seen_at
        else p.installed_at
    end as ended_at,
    p.is_event, p.is_provisional, p.flap_count,
    coalesce(
        p.episode_number = 1 and p.first_observed_at = u.first_look_at
        and p.first_observed_at > coalesce(c.under_care_at, timestamp '1900-01-01'), false
    ) as is_first_look,
    case
        when p.is_event then 'patched' when p.open_until >= c.gone_at then 'node gone'
        when p.open_until <= $as_of and c.scanned_until > p.open_until then 'withdrawn'
        -- Systems Manager lists a stopped node for 30 days; what nobody scanned after that went with it
        when c.gone_at is not null then 'node gone' else 'open'
    end as cause
from lag_spell as p
inner join core.node_key as k on k.node_key = p.node_key
left join lag_node_clock as c
    on c.account_id = k.account_id and c.region = k.region and c.node_id = k.node_id
left join untold as u on u.node_key = p.node_key
order by k.account_id, k.region, k.node_id, p.patch_ref, p.episode_number
