-- purpose: when was each patch open on each node by our scans, once and again, and how did each time end?
-- inputs:  lag/sighting
-- grain:   one row per node_key, patch_ref, episode_number ever seen by as_of, NotApplicable left out
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   node_key           integer    node: core.node_key
--   patch_ref          varchar    KB number, else the title of the package
--   episode_number     bigint     1 for the first time; one more whenever it was effective for good and is open again
--   severity           varchar    severity as the node last reported it, null when it reports none
--   classification     varchar    classification as the node last reported it, null when it reports none
--   patch_state        varchar    last patch state seen
--   is_event           boolean    effective: seen installed with no reboot outstanding, and listed open no more
--   is_provisional     boolean    it is, and if it is open again before that has settled it is this episode still
--   flap_count         bigint     times it was effective within the episode, and open again before that had settled
--   seen_from_at       timestamp  first snapshot of ours that told of it, open or not [UTC]
--   installed_at       timestamp  installation, the last where it was open again [UTC], null when not told
--   first_observed_at  timestamp  first snapshot of ours that listed it as open [UTC], null when none did
--   open_until         timestamp  end of its last open row [UTC], far ahead while it is listed open; null when none
--   pending_until      timestamp  end of its last row that waited for a reboot [UTC], null when none
--   effective_seen_at  timestamp  snapshot of ours that showed it effective, and open no more [UTC], null when none did
with ranked as (
    -- of two rows of one patch at the same time, the open one counts
    select
        node_key, patch_ref, episode_number, severity, classification, patch_state, installed_at, valid_from,
        valid_to, is_effective, is_open, settles_at, flap_number,
        row_number() over (
            partition by node_key, patch_ref, episode_number
            order by valid_to desc, is_open desc, valid_from desc, patch_key
        ) as recency,
        max(case when is_open then valid_to end) over (
            partition by node_key, patch_ref, episode_number
        ) as open_until,
        max(flap_number) over (partition by node_key, patch_ref, episode_number) as last_flap
    from lag_sighting
),
spell as (
    select
        node_key, patch_ref, episode_number, max(case when recency = 1 then severity end) as severity,
        max(case when recency = 1 then classification end) as classification,
        max(case when recency = 1 then patch_state end) as patch_state, max(open_until) as open_until,
        min(case when is_effective and valid_to > coalesce(open_until, valid_from)
            then greatest(valid_from, coalesce(open_until, valid_from)) end) as effective_seen_at,
        max(case when is_effective then settles_at end) as settles_at,
        max(flap_number) - min(flap_number) as flap_count,
        min(valid_from) as seen_from_at, min(case when flap_number = last_flap then installed_at end) as installed_at,
        min(case when flap_number = last_flap and is_open then valid_from end) as again_at,
        min(case when is_open then valid_from end) as first_observed_at,
        max(case when patch_state = 'InstalledPendingReboot' then valid_to end) as pending_until
    from ranked
    group by node_key, patch_ref, episode_number
)
select
    node_key, patch_ref, episode_number, severity, classification, patch_state,
    effective_seen_at is not null as is_event, effective_seen_at is not null and settles_at > $as_of as is_provisional,
    flap_count, seen_from_at,
    -- a time before it was open again is that of the installation before
    case when flap_count = 0 or installed_at >= again_at then installed_at end as installed_at,
    first_observed_at, open_until, pending_until, effective_seen_at
from spell
order by node_key, patch_ref, episode_number
