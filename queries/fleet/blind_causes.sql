-- purpose: which faults keep us from seeing, grouped as one person would fix them?
-- inputs:  fleet/blind_spots
-- grain:   one row per account_id, state, error_code, opener
-- params:
--   as_of                timestamp  report instant [UTC]
--   stale_after_days     integer    a scan older than this no longer counts [d]
--   scan_interval_hours  integer    time between two scans of one node [h]
-- columns:
--   account_id        varchar    AWS account
--   account_name      varchar    name in the organisation, its id when that is not known
--   state             varchar    ledger state of the latest attempts
--   error_code        varchar    AWS error code, null when none
--   region_count      bigint     Regions concerned [Regions]
--   source_count      bigint     reads concerned: pairs of Region and source [reads]
--   operation         varchar    the operation when it is only one, else how many
--   error_message     varchar    error text of the first of them, and how many others there are, null when none
--   blind_since_at    timestamp  first failed attempt of the oldest of them [UTC]
--   last_ok_at        timestamp  last complete answer of any of them [UTC], null when there never was one
--   known_node_count  bigint     nodes known in these Regions from earlier or other answers [nodes], null when none known
--   opener            varchar    who can open it
--   opened_by         varchar    who can open it, and how
with spot as (
    select
        account_id, account_name, region, operation, state, error_code, error_message, blind_since_at, last_ok_at,
        known_node_count, opened_by, split_part(opened_by, ':', 1) as opener
    from fleet_blind_spots
),
node_count as (
    select account_id, state, error_code, opener, sum(known_node_count) as known_node_count
    from (
        select distinct account_id, state, error_code, opener, region, known_node_count
        from spot
    ) as place
    group by account_id, state, error_code, opener
),
cause as (
    select
        account_id, coalesce(min(account_name), account_id) as account_name, state, error_code, opener,
        count(distinct region) as region_count, count(1) as source_count,
        count(distinct operation) as operation_count, min(operation) as operation,
        min(error_message) as error_message, count(distinct error_message) as text_count,
        min(blind_since_at) as blind_since_at,
        max(last_ok_at) as last_ok_at, min(opened_by) as opened_by
    from spot
    group by account_id, state, error_code, opener
)
select
    c.account_id, c.account_name, c.state, c.error_code, c.region_count, c.source_count,
    case when c.operation_count = 1 then c.operation
        else cast(c.operation_count as varchar) || ' operations' end as operation,
    c.error_message || case when c.text_count > 1
        then ' (and ' || cast(c.text_count - 1 as varchar) || ' more of this kind)' else '' end as error_message,
    c.blind_since_at, c.last_ok_at, cast(nullif(n.known_node_count, 0) as bigint) as known_node_count,
    c.opener,
    case when c.operation_count = 1 or c.state not in ('denied', 'denied_by_organization', 'partial')
        or c.opener = 'whoever runs the extraction' then c.opened_by
        when c.opener = 'account owner' then 'account owner: let the reader role in and allow the reads that patchlib policy lists'
        else c.opener || ': in the management account, let the organisation''s policy allow these reads' end as opened_by
from cause as c
inner join node_count as n
    on n.account_id = c.account_id and n.state = c.state and n.opener = c.opener
    and n.error_code is not distinct from c.error_code
order by case when c.state = 'skipped' then 1 else 0 end, c.source_count desc, c.account_id, c.state, c.error_code nulls last,
    c.opener
