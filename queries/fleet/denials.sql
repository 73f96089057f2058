-- purpose: what keeps us out (a role, a policy, a Region that is off), where, and who opens it?
-- inputs:  core.account, core.ledger_state, fleet/ledger, fleet/node_coverage
-- grain:   one row per denied_by, gravest first
-- params:
--   as_of                timestamp  report instant [UTC]
--   stale_after_days     integer    a scan older than this no longer counts [d]
--   scan_interval_hours  integer    time between two scans of one node [h]
-- columns:
--   denied_by         varchar    what keeps patchlib out
--   state             varchar    its ledger state
--   opener            varchar    who can open it
--   opened_by         varchar    who can open it, and how
--   account_count     bigint     accounts concerned [accounts]
--   accounts          varchar    the first three of them, by name or id, and how many more
--   region_count      bigint     Regions concerned, over all accounts [Regions]
--   regions           varchar    the first three of them, and how many more
--   system_count      bigint     systems concerned [systems]
--   systems           varchar    the first three of them, and how many more
--   operation_count   bigint     operations concerned [operations]
--   operations        varchar    all of them, to be allowed together; null when all come with it
--   source_count      bigint     reads concerned: account, Region and source [reads]
--   known_node_count  bigint     nodes known in these accounts and Regions from earlier or other answers [nodes]
--   blind_since_at    timestamp  first failed attempt of the oldest of them [UTC]
with denial as (
    select
        s.denied_by, s.state, s.state_rank, s.opened_by, l.account_id, l.region, l.system, l.blind_since_at,
        coalesce(a.account_name, l.account_id) as account, l.service || ':' || l.operation as operation
    from fleet_ledger as l
    -- what came in part names in its refusal who denies the rest
    inner join core.ledger_state as s on s.state = coalesce(l.refusal, l.state)
    left join core.account as a
        on a.account_id = l.account_id and a.valid_from <= $as_of and a.valid_to > $as_of
    where s.denied_by is not null
),
named as (
    select distinct denied_by, 'account' as part, account as name from denial
    union all
    select distinct denied_by, 'region' as part, region as name from denial
    union all
    select distinct denied_by, 'system' as part, system as name from denial
    union all
    select distinct denied_by, 'operation' as part, operation as name from denial
),
ranked as (
    select denied_by, part, name, row_number() over (partition by denied_by, part order by name) as place
    from named
),
listed as (
    select denied_by, part, count(1) as name_count,
        string_agg(name, ', ' order by name) filter (where place <= 3 or part = 'operation')
        || case when count(1) > 3 and part <> 'operation' then ' and ' || cast(count(1) - 3 as varchar) || ' more' else '' end as names
    from ranked
    group by denied_by, part
),
node_count as (
    select d.denied_by, count(1) as known_node_count
    from (select distinct denied_by, account_id, region from denial) as d
    inner join fleet_node_coverage as n on n.account_id = d.account_id and n.region = d.region
    group by d.denied_by
),
cause as (
    select denied_by, state, state_rank, opened_by, count(1) as source_count,
        count(distinct account_id) as account_count, min(blind_since_at) as blind_since_at
    from denial
    group by denied_by, state, state_rank, opened_by
)
select
    c.denied_by, c.state, split_part(c.opened_by, ':', 1) as opener,
    replace(c.opened_by, '{operation}', case when o.name_count = 1 then o.names else 'these operations' end) as opened_by,
    c.account_count, a.names as accounts, r.name_count as region_count, r.names as regions,
    y.name_count as system_count, y.names as systems, o.name_count as operation_count,
    case when c.opened_by like '%{operation}%' then o.names end as operations,
    c.source_count, coalesce(n.known_node_count, 0) as known_node_count, c.blind_since_at
from cause as c
left join listed as a on a.denied_by = c.denied_by and a.part = 'account'
left join listed as r on r.denied_by = c.denied_by and r.part = 'region'
left join listed as y on y.denied_by = c.denied_by and y.part = 'system'
left join listed as o on o.denied_by = c.denied_by and o.part = 'operation'
left join node_count as n on n.denied_by = c.denied_by
order by c.state_rank desc
