-- purpose: which members of a service were open to what, once per episode and thing that it fixes?
-- inputs:  lag/patch_fact, lag/patch_row, lag/service_member
-- grain:   one row per account_id, region, service_kind, service_id, item_kind, item_id, node_id, patch_ref, episode
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id      varchar    AWS account
--   region          varchar    Region
--   service_kind    varchar    as core.node_service says
--   service_id      varchar    names the service among its kind in the account and Region
--   service_name    varchar    name to show
--   item_kind       varchar    patch, or cve: a vulnerability of which the patch that fixes it is known
--   item_id         varchar    KB number or title of the package; CVE id
--   node_id         varchar    EC2 instance id or hybrid managed node id
--   patch_ref       varchar    KB number or title of the package
--   episode_number  bigint     as lag/episode counts
--   environment     varchar    tag Environment, unknown when untagged
--   severity        varchar    vendor severity
--   released_at     timestamp  vendor release [UTC]
--   started_at      timestamp  released and under our eyes: the member is at risk [UTC]
--   ended_at        timestamp  effective, left, or last seen open [UTC]
--   ending          varchar    patched, open, left (the node went while open), unlisted (it is there, no more told)
with known as (
    select
        m.account_id, m.region, m.service_kind, m.service_id, m.service_name, m.node_id, r.patch_ref, r.episode_number,
        m.environment, r.severity, r.operating_system, r.released_at,
        greatest(r.released_at, r.watched_from_at) as started_at,
        case when r.is_event or r.cause = 'withdrawn' then r.ended_at else coalesce(m.left_at, r.ended_at) end
            as seen_until,
        case
            when r.is_event then 'patched' when r.cause = 'withdrawn' then 'unlisted'
            when m.left_at is not null then 'left' when m.shown_until is null then 'unlisted' else 'open'
        end as ending
    from lag_patch_row as r
    inner join lag_service_member as m
        on m.account_id = r.account_id and m.region = r.region and m.node_id = r.node_id
    where r.timing = 'episode'
),
cve as (
    select operating_system, patch_ref, unnest(string_split(cve_ids, ';')) as cve_id from lag_patch_fact
)
select
    account_id, region, service_kind, service_id, service_name, 'patch' as item_kind, patch_ref as item_id, node_id,
    patch_ref, episode_number, environment, severity, released_at, started_at,
    greatest(seen_until, started_at) as ended_at, ending
from known
union all
select
    k.account_id, k.region, k.service_kind, k.service_id, k.service_name, 'cve' as item_kind, c.cve_id as item_id,
    k.node_id, k.patch_ref, k.episode_number, k.environment, k.severity, k.released_at, k.started_at,
    greatest(k.seen_until, k.started_at) as ended_at, k.ending
from known as k
inner join cve as c on c.operating_system = k.operating_system and c.patch_ref = k.patch_ref
order by account_id, region, service_kind, service_id, item_kind, item_id, node_id, patch_ref, episode_number
