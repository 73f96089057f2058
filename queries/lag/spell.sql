-- purpose: when was each patch open on each node by our scans, once and again, and how did each time end?
-- inputs:  core.node_patch, core.patch_key
-- grain:   one row per node_key, patch_ref, episode_number ever seen by as_of, NotApplicable left out
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   node_key           integer    node: core.node_key
--   patch_ref          varchar    KB number, else the title of the package
--   episode_number     bigint     1 for the first time; one more whenever it was installed and is open again
--   severity           varchar    severity as the node last reported it, null when it reports none
--   classification     varchar    classification as the node last reported it, null when it reports none
--   patch_state        varchar    last patch state seen
--   is_event           boolean    effective: seen installed with no reboot outstanding, and listed open no more
--   installed_at       timestamp  installation [UTC], null when not installed or not told
--   first_observed_at  timestamp  first snapshot of ours that listed it as open [UTC], null when none did
--   open_until         timestamp  end of its last open row [UTC], far ahead while it is listed open; null when none
--   pending_until      timestamp  end of its last row that waited for a reboot [UTC], null when none
--   effective_seen_at  timestamp  first snapshot of ours that showed it effective [UTC], null when none did
with listed as (
    select
        p.node_key, k.patch_ref, p.patch_key, k.severity, k.classification, p.patch_state, p.installed_at,
        -- what ended after the report instant had not ended then
        p.valid_from, case when p.valid_to > $as_of then timestamp '9999-12-31' else p.valid_to end as valid_to,
        p.patch_state in ('Installed', 'InstalledOther') as is_effective,
        p.patch_state in ('Missing', 'Failed', 'InstalledPendingReboot', 'AvailableSecurityUpdate') as is_open
    from core.node_patch as p
    inner join core.patch_key as k on k.patch_key = p.patch_key
    where p.valid_from <= $as_of and p.patch_state <> 'NotApplicable'
),
followed as (
    select
        node_key, patch_ref, patch_key, severity, classification, patch_state, installed_at, valid_from, valid_to,
        is_effective, is_open,
        case when is_open and lag(is_effective) over in_time and lag(valid_to) over in_time <= valid_from
            then 1 else 0 end as reopened
    from listed
    window in_time as (partition by node_key, patch_ref order by valid_from, valid_to, patch_key)
),
numbered as (
    select
        node_key, patch_ref, patch_key, severity, classification, patch_state, installed_at, valid_from, valid_to,
        is_effective, is_open,
        cast(1 + sum(reopened) over (
            partition by node_key, patch_ref order by valid_from, valid_to, patch_key
        ) as bigint) as episode_number
    from followed
),
ranked as (
    -- of two rows of one patch at the same time, the open one counts
    select
        node_key, patch_ref, episode_number, severity, classification, patch_state, installed_at, valid_from,
        valid_to, is_effective, is_open,
        row_number() over (
            partition by node_key, patch_ref, episode_number
            order by valid_to desc, is_open desc, valid_from desc, patch_key
        ) as recency
    from numbered
)
select
    node_key, patch_ref, episode_number, max(case when recency = 1 then severity end) as severity,
    max(case when recency = 1 then classification end) as classification,
    max(case when recency = 1 then patch_state end) as patch_state,
    max(case when is_effective then 1 else 0 end) = 1
    and coalesce(max(case when is_open then valid_to end) <= $as_of, true) as is_event,
    min(installed_at) as installed_at, min(case when is_open then valid_from end) as first_observed_at,
    max(case when is_open then valid_to end) as open_until,
    max(case when patch_state = 'InstalledPendingReboot' then valid_to end) as pending_until,
    min(case when is_effective then valid_from end) as effective_seen_at
from ranked
group by node_key, patch_ref, episode_number
order by node_key, patch_ref, episode_number
