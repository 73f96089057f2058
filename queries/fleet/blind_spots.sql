-- purpose: what cannot be seen, since when, and who opens it?
-- inputs:  core.account, fleet/ledger, fleet/node_coverage
-- grain:   one row per account_id, region, source whose latest attempt failed or was cut short
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
    case
        when l.state = 'denied' and (l.error_message like '%service control policy%'
            or l.error_message like '%resource control policy%')
            then 'organisation policy owner: in the management account, let the organisation''s policy allow '
                || l.service || ':' || l.operation
        when l.state = 'denied'
            then 'account owner: allow ' || l.service || ':' || l.operation || ' to the reader role'
        when l.state = 'disabled' then 'account owner: enable the Region or the service, or leave it out'
        when l.state = 'suspended' then 'organisation management: the account is suspended; close it or bring it back'
        when l.state = 'throttled' then 'whoever runs the extraction: lower the rate, then extract again'
        when l.state = 'partial' then 'whoever runs the extraction: extract again'
        when l.state = 'skipped' then 'nobody: it opens by itself once what it needs can be read'
        else 'whoever runs the extraction: read the error, then extract again'
    end as opened_by
from fleet_ledger as l
left join core.account as a
    on a.account_id = l.account_id and a.valid_from <= $as_of and a.valid_to > $as_of
left join counted as c on c.account_id = l.account_id and c.region = l.region
where not l.is_readable
order by l.account_id, l.region, l.source
