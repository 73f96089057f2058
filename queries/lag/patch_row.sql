-- purpose: which node and patch pairs can be timed from the vendor's release, and why can the others not?
-- inputs:  core.node_key, core.node_patch, core.patch_key, lag/node_clock, lag/release
-- grain:   one row per account_id, region, node_id, patch_ref ever seen by as_of, NotApplicable left out
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id        varchar    AWS account of the node
--   region            varchar    Region of the node
--   node_id           varchar    EC2 instance id or hybrid managed node id
--   patch_ref         varchar    KB number, else the title of the package
--   environment       varchar    tag Environment, unknown when untagged
--   platform          varchar    display name of the operating system
--   operating_system  varchar    operating system as Systems Manager spells it, null when unknown
--   severity          varchar    vendor severity, Unspecified when the vendor gives none
--   baseline_id       varchar    patch baseline of the last scan, null when none or not told
--   patch_state       varchar    last patch state seen
--   released_at       timestamp  vendor release [UTC], null when neither Systems Manager nor an advisory tells it
--   under_care_at     timestamp  last launch or registration of the node [UTC], null when unknown
--   installed_at      timestamp  installation [UTC], null when not installed or not told
--   ended_at          timestamp  installation if effective, else last seen open [UTC], null when the node tells no times
--   is_event          boolean    effective: installed with no reboot outstanding
--   timing            varchar    episode, or why the row cannot be timed
with release as (
    select operating_system, patch_ref, severity, classification, released_at from lag_release
),
seen as (
    select
        p.node_key, k.patch_ref, k.severity, k.classification, p.patch_state, p.installed_at, p.valid_to,
        p.patch_state in ('Installed', 'InstalledOther') as is_event,
        row_number() over (
            partition by p.node_key, k.patch_ref order by p.valid_from desc, p.valid_to desc, p.patch_key
        ) as recency
    from core.node_patch as p
    inner join core.patch_key as k on k.patch_key = p.patch_key
    where p.valid_from <= $as_of
),
silent as (
    -- of a node that never tells when it installed, only what is open would be timed: its ends are missing
    select node_key
    from core.node_patch
    where valid_from <= $as_of and patch_state in ('Installed', 'InstalledOther')
    group by node_key having count(installed_at) = 0
),
timed as (
    select
        k.account_id, k.region, k.node_id, p.patch_ref, c.environment, c.platform, c.operating_system,
        coalesce(r.severity, p.severity, 'Unspecified') as severity, c.baseline_id, p.patch_state,
        coalesce(r.classification, p.classification) as classification,
        r.released_at, c.under_care_at, p.installed_at, p.is_event,
        case when p.is_event then p.installed_at when q.node_key is not null then null
            else least(coalesce(c.last_scan_at, $as_of), p.valid_to, $as_of) end as ended_at
    from seen as p
    inner join core.node_key as k on k.node_key = p.node_key
    left join silent as q on q.node_key = p.node_key
    left join lag_node_clock as c
        on c.account_id = k.account_id and c.region = k.region and c.node_id = k.node_id
    left join release as r
        on r.operating_system = c.operating_system and r.patch_ref = p.patch_ref
    where p.recency = 1 and p.patch_state <> 'NotApplicable'
)
select
    account_id, region, node_id, patch_ref, coalesce(environment, 'unknown') as environment,
    coalesce(platform, 'unknown') as platform, operating_system, severity, baseline_id, patch_state,
    released_at, under_care_at, installed_at, ended_at, is_event,
    case
        when released_at is null then 'no release date'
        when ended_at is null then 'no install time'
        when is_event and ended_at < released_at then 'installed before release'
        when is_event and ended_at <= under_care_at then 'came with the image'
        -- what the baseline does not approve is listed while missing only if it is a Windows security update
        -- (AvailableSecurityUpdate): elsewhere it shows once installed, so its open rows are never seen
        when patch_state = 'InstalledRejected' or (patch_state = 'InstalledOther' and not coalesce(
            operating_system = 'WINDOWS' and classification in ('SecurityUpdates', 'CriticalUpdates'), false
        )) then 'listed only once installed'
        when ended_at <= greatest(released_at, coalesce(under_care_at, released_at)) and not is_event
            then 'not seen at risk'
        else 'episode'
    end as timing
from timed
order by account_id, region, node_id, patch_ref
