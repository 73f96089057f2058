-- purpose: which patch on which node can have a deadline, from when, and how did it end?
-- inputs:  core.node, core.node_key, core.node_patch, core.patch_key, lag/patch_row, lag/approval, lag/patch_fact,
--          risk/exposure
-- grain:   one row per account_id, region, node_id, patch_ref, episode_number that was or may have been open in our care
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id         varchar    AWS account of the node
--   region             varchar    Region of the node
--   node_id            varchar    EC2 instance id or hybrid managed node id
--   patch_ref          varchar    KB number, else the title of the package
--   episode_number     bigint     1 for the first time; one more whenever it was installed and is open again
--   environment        varchar    tag Environment, unknown when untagged
--   criticality        varchar    tag Criticality, null when untagged or not told
--   severity           varchar    vendor severity, Unspecified when the vendor gives none
--   released_at        timestamp  vendor release [UTC], null when Systems Manager does not list it
--   approved_at        timestamp  approval by the baseline in force, past or due [UTC], null when not known
--   first_observed_at  timestamp  when a scan of ours first listed it as open [UTC], null when none did
--   under_care_at      timestamp  first launch or registration of the node, or the re-opening [UTC], null when unknown
--   closed_at          timestamp  effective [UTC], null while it is not, or when not told
--   last_seen_at       timestamp  not effective: last instant at which it was seen open [UTC], null when not told
--   is_event           boolean    effective
--   is_listed          boolean    the latest scan of a node that is still there lists it
--   is_timed_open      boolean    timed, and open when last seen: what lag/open_age counts
--   cve_ids            varchar    vulnerabilities it fixes, a semicolon between; null when none is known
--   known_exploited    boolean    one of them is in the KEV catalogue, null when not known
--   automatable        boolean    one of them is, by SSVC; null when not known
--   total_impact       boolean    one of them gives total control, by SSVC; null when not known
--   exposed            boolean    the internet reaches the node now; null when that is not known or it is gone
with listed as (
    select n.account_id, n.region, n.node_id, k.patch_ref, max(p.valid_to) as listed_until
    from core.node_patch as p
    inner join core.node_key as n on n.node_key = p.node_key
    inner join core.patch_key as k on k.patch_key = p.patch_key
    where p.valid_from <= $as_of
    group by n.account_id, n.region, n.node_id, k.patch_ref
),
latest as (
    -- what was installed and is open again is another item, whose time began with the re-opening
    select
        account_id, region, node_id, patch_ref, episode_number, environment, operating_system, baseline_id, severity,
        released_at, first_observed_at, ended_at, is_event, timing,
        timing = 'episode' and cause = 'open' as is_timed_open,
        greatest(under_care_at, case when episode_number > 1 then first_observed_at end) as under_care_at,
        row_number() over (partition by account_id, region, node_id, patch_ref order by episode_number desc) as recency
    from lag_patch_row
),
present as (
    select account_id, region, node_id, criticality
    from core.node
    where valid_from <= $as_of and valid_to > $as_of
)
select
    r.account_id, r.region, r.node_id, r.patch_ref, r.episode_number, r.environment, n.criticality, r.severity,
    r.released_at, a.approved_at, r.first_observed_at, r.under_care_at,
    case when r.is_event then r.ended_at end as closed_at, case when not r.is_event then r.ended_at end as last_seen_at, r.is_event,
    n.node_id is not null and s.listed_until > $as_of and r.recency = 1 as is_listed, r.is_timed_open, f.cve_ids,
    f.known_exploited, f.automatable, f.total_impact, e.is_exposed as exposed
from latest as r
inner join listed as s
    on s.account_id = r.account_id and s.region = r.region and s.node_id = r.node_id and s.patch_ref = r.patch_ref
left join present as n on n.account_id = r.account_id and n.region = r.region and n.node_id = r.node_id
left join lag_approval as a
    on a.account_id = r.account_id and a.region = r.region and a.baseline_id = r.baseline_id
    and a.operating_system = r.operating_system and a.patch_ref = r.patch_ref
left join lag_patch_fact as f on f.operating_system = r.operating_system and f.patch_ref = r.patch_ref
left join risk_exposure as e on e.account_id = r.account_id and e.region = r.region and e.node_id = r.node_id
-- what was only ever seen installed was never late in our care, whatever its dates say
where r.timing in ('episode', 'not seen at risk')
    or (r.timing in ('no release date', 'no install time') and r.first_observed_at is not null)
order by r.account_id, r.region, r.node_id, r.patch_ref, r.episode_number
