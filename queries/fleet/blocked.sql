-- purpose: in which accounts and Regions can nodes not be read, and who opens each?
-- inputs:  core.ledger_state, fleet/ledger
-- grain:   one row per account_id, region where a listing that says what a node is or when it was scanned is not answered
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id       varchar  AWS account
--   region           varchar  Region
--   state            varchar  gravest ledger state of these listings; of what came in part, who refused the rest
--   operation_count  bigint   operations concerned [operations]
--   operation        varchar  the gravest of them, with its service
--   opener           varchar  who can open it
--   opened_by        varchar  who can open it, and how
with listing as (
    -- details of single nodes that failed leave the others readable; what is refused is refused for all of them
    select
        l.account_id, l.region, coalesce(l.refusal, l.state) as state, l.service || ':' || l.operation as operation,
        coalesce(s.opened_by, 'whoever runs the extraction: use the patchlib that wrote this state') as opened_by,
        row_number() over (
            partition by l.account_id, l.region order by coalesce(s.state_rank, 99) desc, l.source
        ) as gravity
    from fleet_ledger as l
    left join core.ledger_state as s on s.state = coalesce(l.refusal, l.state)
    where not l.is_readable and (
        l.operation in ('DescribeInstances', 'DescribeInstanceInformation', 'DescribeInstancePatchStates')
        or (l.operation = 'DescribeInstancePatches' and coalesce(l.refusal, l.state) <> 'partial')
    )
),
place as (
    -- what was only skipped says nothing of who opens it, but is to be allowed with it
    select account_id, region, count(distinct operation) filter (where state <> 'skipped') as operation_count,
        count(distinct operation) filter (where state = 'skipped') as waiting_count
    from listing
    group by account_id, region
),
named as (
    select
        account_id, region, state, count(distinct operation) as name_count,
        string_agg(distinct operation, ', ' order by operation) as names
    from listing
    group by account_id, region, state
),
refused as (
    -- who opens what lists nodes opens all that the same one refuses there
    select account_id, region, coalesce(refusal, state) as state,
        count(distinct service || ':' || operation) as refused_count
    from fleet_ledger
    where not is_readable
    group by account_id, region, coalesce(refusal, state)
)
select
    l.account_id, l.region, l.state, p.operation_count, l.operation, split_part(l.opened_by, ':', 1) as opener,
    replace(
        l.opened_by, '{operation}',
        case when r.refused_count > 1 then cast(r.refused_count as varchar) || ' operations: ' else '' end || n.names
        || case when r.refused_count > n.name_count
            then ' and ' || cast(r.refused_count - n.name_count as varchar) || ' more' else '' end
        || case when p.waiting_count > 0 then ', and the reads that wait for them' else '' end
    ) as opened_by
from listing as l
inner join named as n on n.account_id = l.account_id and n.region = l.region and n.state = l.state
inner join refused as r on r.account_id = l.account_id and r.region = l.region and r.state = l.state
inner join place as p on p.account_id = l.account_id and p.region = l.region
where l.gravity = 1
order by l.account_id, l.region
