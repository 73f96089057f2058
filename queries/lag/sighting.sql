-- purpose: what did our scans say of each patch on each node, and to which of its episodes does that belong?
-- inputs:  core.node_patch, core.patch_key
-- grain:   one row per node_key, patch_key, valid_from seen by as_of, NotApplicable left out
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   node_key        integer    node: core.node_key
--   patch_key       integer    core.patch_key
--   patch_ref       varchar    KB number, else the title of the package
--   severity        varchar    severity as the node reported it, null when it reported none
--   classification  varchar    classification as the node reported it, null when it reported none
--   patch_state     varchar    patch state
--   installed_at    timestamp  installation [UTC], null when not installed or not told
--   valid_from      timestamp  first snapshot that said so [UTC]
--   valid_to        timestamp  first snapshot that did not any more [UTC], far ahead while it is said
--   is_effective    boolean    installed with no reboot outstanding
--   is_open         boolean    missing, failed, waiting for a reboot, or an update that the baseline does not approve
--   settles_at      timestamp  until then its being effective, or having been so before, is provisional [UTC]
--   episode_number  bigint     1 for the first time; one more whenever it had been effective for good and is open again
--   flap_number     bigint     times it has been open again before its being effective had settled
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
        is_open and lag(is_effective) over in_time and lag(valid_to) over in_time <= valid_from as is_again,
        -- the 7 days of what is provisional, as Inspector has them (user guide, Understanding findings, read
        -- 2026-11-25), written here alone; they count from the look that listed it open no more, and where none ever
        -- listed it, from the installation
        coalesce(
            max(case when is_open then valid_to end) over (
                partition by node_key, patch_ref order by valid_from, valid_to, patch_key
                rows between unbounded preceding and 1 preceding
            ),
            case when is_open then lag(installed_at) over in_time else installed_at end,
            min(valid_from) over in_time
        ) + interval '7 days' as settles_at
    from listed
    window in_time as (partition by node_key, patch_ref order by valid_from, valid_to, patch_key)
)
select
    node_key, patch_key, patch_ref, severity, classification, patch_state, installed_at, valid_from, valid_to,
    is_effective, is_open, settles_at,
    cast(1 + sum(case when is_again and valid_from >= settles_at then 1 else 0 end) over so_far as bigint)
        as episode_number,
    cast(sum(case when is_again and valid_from < settles_at then 1 else 0 end) over so_far as bigint) as flap_number
from followed
window so_far as (partition by node_key, patch_ref order by valid_from, valid_to, patch_key)
order by node_key, patch_ref, valid_from, valid_to, patch_key
