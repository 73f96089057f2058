-- purpose: what cannot be seen, since when, and who opens it?
-- inputs:  core.account, core.ledger_state, fleet/ledger, fleet/node_coverage
-- grain:   one row per account_id, region, source not answered by the latest attempt (closed Regions: only with nodes)
-- params:
--   as_of                timestamp  report instant [UTC]
--   stale_after_days     integer    a scan older than this no longer counts [d]
--   scan_interval_hours  integer    time between two scans of one node [h]
-- columns:
--   account_id        varchar    AWS account
--   account_name      varchar    name in the organisation, null when the organisation cannot be read
--   region            varchar    Region
--   source            varchar    what could not be read
--   operation         varchar    API operation with its service
--   state             varchar    ledger state of the latest attempt
--   error_code        varchar    AWS error code, null when none
--   error_message     varchar    AWS error text, null when none
--   blind_since_at    timestamp  first failed attempt since the last complete answer [UTC]
--   last_ok_at        timestamp  last complete answer [UTC], null when there never was one
--   known_node_count  bigint     nodes known here from earlier or other answers [nodes]
--   opened_by         varchar    who can open it, and how
with counted as (
    select account_id, region, count(1) as known_node_count
    from fleet_node_coverage
    group by account_id, region
)
select
    l.account_id, a.account_name, l.region, l.source,
    l.service || ':' || l.operation as operation, l.state, l.error_code, l.error_message,
    l.blind_since_at, l.last_ok_at, coalesce(c.known_node_count, 0) as known_node_count,
    replace(coalesce(s.opened_by, 'whoever runs the extraction: use the patchlib that wrote this state'),
        '{operation}', l.service || ':' || l.operation) as opened_by
from fleet_ledger as l
left join core.ledger_state as s on s.state = coalesce(l.refusal, l.state)
left join core.account as a
    on a.account_id = l.account_id and a.valid_from <= $as_of and a.valid_to > $as_of
left join counted as c on c.account_id = l.account_id and c.region = l.region
where not l.is_readable and (coalesce(s.is_blind, true) or c.known_node_count > 0)
order by l.account_id, l.region, l.source
