-- purpose: when was each member of a service vulnerable to what, and what ended it?
-- inputs:  core.node_key, core.node_patch, core.patch_key, lag/patch_fact, lag/patch_row, lag/service_member
-- grain:   one row per account_id, region, service_kind, service_id, item_kind, item_id, node_id that was at risk
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id    varchar    AWS account
--   region        varchar    Region
--   service_kind  varchar    as core.node_service says
--   service_id    varchar    names the service among its kind in the account and Region
--   service_name  varchar    name to show
--   item_kind     varchar    patch, or cve: a vulnerability of which the patch that fixes it is known
--   item_id       varchar    KB number or title of the package; CVE id
--   node_id       varchar    EC2 instance id or hybrid managed node id
--   environment   varchar    tag Environment, unknown when untagged
--   severity      varchar    vendor severity, of several patches the first by name
--   released_at   timestamp  vendor release, of several patches the first [UTC]
--   started_at    timestamp  released and in our care: the member is at risk [UTC]
--   ended_at      timestamp  effective, left, or last seen open [UTC]
--   ending        varchar    patched, open, left (the node went while open), unlisted (it is there, no more told)
with listed as (
    -- until when the patch was told to be open; what ended after as_of had not ended yet
    select
        n.account_id, n.region, n.node_id, k.patch_ref,
        max(case when p.valid_to > $as_of then timestamp '9999-12-31' else p.valid_to end) as listed_until
    from core.node_patch as p
    inner join core.node_key as n on n.node_key = p.node_key
    inner join core.patch_key as k on k.patch_key = p.patch_key
    where p.valid_from <= $as_of and p.patch_state not in ('Installed', 'InstalledOther', 'NotApplicable')
    group by n.account_id, n.region, n.node_id, k.patch_ref
),
known as (
    select
        m.account_id, m.region, m.service_kind, m.service_id, m.service_name, r.patch_ref, m.node_id, m.environment,
        r.severity, r.operating_system, r.released_at,
        greatest(r.released_at, coalesce(r.under_care_at, r.released_at)) as started_at, r.ended_at, m.left_at,
        case
            when r.is_event then 'patched' when l.listed_until < m.shown_until then 'unlisted'
            when m.left_at is not null then 'left' when m.shown_until is null then 'unlisted' else 'open'
        end as ending
    from lag_patch_row as r
    inner join lag_service_member as m
        on m.account_id = r.account_id and m.region = r.region and m.node_id = r.node_id
    left join listed as l
        on l.account_id = r.account_id and l.region = r.region and l.node_id = r.node_id and l.patch_ref = r.patch_ref
    where r.timing = 'episode'
),
cve as (
    select operating_system, patch_ref, unnest(string_split(cve_ids, ';')) as cve_id from lag_patch_fact
),
item as (
    select
        account_id, region, service_kind, service_id, service_name, 'patch' as item_kind, patch_ref as item_id, node_id,
        environment, severity, released_at, started_at, ended_at, left_at, ending
    from known
    union all
    select
        k.account_id, k.region, k.service_kind, k.service_id, k.service_name, 'cve' as item_kind, c.cve_id as item_id,
        k.node_id, k.environment, k.severity, k.released_at, k.started_at, k.ended_at, k.left_at, k.ending
    from known as k
    inner join cve as c on c.operating_system = k.operating_system and c.patch_ref = k.patch_ref
)
-- of several patches against one vulnerability all must be effective, and the least known end counts
select
    account_id, region, service_kind, service_id, service_name, item_kind, item_id, node_id, environment,
    min(severity) as severity, min(released_at) as released_at, min(started_at) as started_at,
    max(greatest(case ending when 'left' then left_at else ended_at end, started_at)) as ended_at,
    case min(case ending when 'open' then 1 when 'unlisted' then 2 when 'left' then 3 else 4 end)
        when 1 then 'open' when 2 then 'unlisted' when 3 then 'left' else 'patched' end as ending
from item
group by account_id, region, service_kind, service_id, service_name, item_kind, item_id, node_id, environment
order by account_id, region, service_kind, service_id, item_kind, item_id, node_id
