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
)
select
    l.account_id, l.region, l.state, p.operation_count, l.operation, split_part(l.opened_by, ':', 1) as opener,
    replace(l.opened_by, '{operation}', case when p.operation_count > 1 then 'the reads that list nodes'
        when p.waiting_count > 0 then l.operation || ' and the reads that wait for it' else l.operation end) as opened_by
from listing as l
inner join place as p on p.account_id = l.account_id and p.region = l.region
where l.gravity = 1
order by l.account_id, l.region
