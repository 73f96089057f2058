-- purpose: which episodes of node and patch can be timed from the vendor's release, and why can the others not?
-- inputs:  lag/ending, lag/release
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
--   severity           varchar    vendor severity, Unspecified when the vendor gives none
--   baseline_id        varchar    patch baseline of the last scan, null when none or not told
--   patch_state        varchar    last patch state seen
--   released_at        timestamp  vendor release [UTC], null when neither Systems Manager nor an advisory tells it
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
--   timing             varchar    episode, or why the row cannot be timed
with release as (
    select operating_system, patch_ref, severity, classification, released_at
    from lag_release
),
timed as (
    select
        e.account_id, e.region, e.node_id, e.patch_ref, e.episode_number, e.environment, e.owner, e.platform,
        e.operating_system, coalesce(r.severity, e.severity, 'Unspecified') as severity, e.baseline_id, e.patch_state,
        coalesce(r.classification, e.classification) as classification, r.released_at, e.under_care_at,
        e.first_observed_at, e.watched_from_at, e.installed_at, e.ended_at, e.is_event,
        e.is_provisional, e.flap_count, e.is_first_look, e.cause
    from lag_ending as e
    left join release as r
        on r.operating_system = e.operating_system and r.patch_ref = e.patch_ref
)
select
    account_id, region, node_id, patch_ref, episode_number, environment, owner, platform, operating_system, severity,
    baseline_id, patch_state, released_at, under_care_at, first_observed_at, watched_from_at, installed_at, ended_at,
    is_event, is_provisional, flap_count, is_first_look, cause,
    case
        when released_at is null then 'no release date'
        when ended_at is null then 'no install time'
        when is_event and ended_at < released_at then 'installed before release'
        when is_event and ended_at <= watched_from_at then 'came with the image'
        -- what the baseline does not approve is listed while missing only if it is a Windows security update
        -- (AvailableSecurityUpdate): elsewhere it shows once installed, so its open rows are never seen
        when first_observed_at is null and (patch_state = 'InstalledRejected' or (patch_state = 'InstalledOther'
            and not coalesce(
                operating_system = 'WINDOWS' and classification in ('SecurityUpdates', 'CriticalUpdates'), false
            ))) then 'listed only once installed'
        when ended_at <= greatest(released_at, coalesce(watched_from_at, released_at)) and not is_event
            then 'not seen at risk'
        else 'episode'
    end as timing
from timed
order by account_id, region, node_id, patch_ref, episode_number
