-- purpose: when was each member of a service vulnerable to what, and what ended it?
-- inputs:  lag/service_episode
-- grain:   one row per account_id, region, service_kind, service_id, item_kind, item_id, node_id, spell_number at risk
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
--   spell_number  bigint     1 for the first time; one more whenever it was effective and is open again
--   environment   varchar    tag Environment, unknown when untagged
--   severity      varchar    vendor severity, of several patches the first by name
--   released_at   timestamp  vendor release, of several patches the first [UTC]
--   started_at    timestamp  released and under our eyes: the member is at risk [UTC]
--   ended_at      timestamp  effective, left, or last seen open [UTC]
--   ending        varchar    patched, open, left (the node went while open), unlisted (it is there, no more told)
with marked as (
    -- episodes that touch are one spell: those of several patches against one vulnerability overlap
    select
        account_id, region, service_kind, service_id, service_name, item_kind, item_id, node_id, environment, severity,
        released_at, started_at, ended_at, ending,
        case when max(ended_at) over earlier >= started_at then 0 else 1 end as is_first
    from lag_service_episode
    window earlier as (
        partition by account_id, region, service_kind, service_id, item_kind, item_id, node_id
        order by started_at, ended_at, ending rows between unbounded preceding and 1 preceding
    )
),
numbered as (
    select
        account_id, region, service_kind, service_id, service_name, item_kind, item_id, node_id, environment, severity,
        released_at, started_at, ended_at, ending, cast(sum(is_first) over so_far as bigint) as spell_number
    from marked
    window so_far as (
        partition by account_id, region, service_kind, service_id, item_kind, item_id, node_id
        order by started_at, ended_at, ending rows between unbounded preceding and current row
    )
)
-- all patches of a spell must be effective, and the least known end counts
select
    account_id, region, service_kind, service_id, service_name, item_kind, item_id, node_id, spell_number, environment,
    min(severity) as severity, min(released_at) as released_at, min(started_at) as started_at,
    max(ended_at) as ended_at,
    case min(case ending when 'open' then 1 when 'unlisted' then 2 when 'left' then 3 else 4 end)
        when 1 then 'open' when 2 then 'unlisted' when 3 then 'left' else 'patched' end as ending
from numbered
group by
    account_id, region, service_kind, service_id, service_name, item_kind, item_id, node_id, spell_number, environment
order by account_id, region, service_kind, service_id, item_kind, item_id, node_id, spell_number
