-- purpose: what was the outcome of the latest attempt to read each source in each account and Region?
-- inputs:  core.coverage, core.ledger_state
-- grain:   one row per account_id, region, source
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id      varchar    AWS account
--   region          varchar    Region; the home Region for what is read once per account or organisation
--   source          varchar    what was read
--   service         varchar    AWS service of the operation
--   operation       varchar    API operation
--   state           varchar    ledger state of the latest attempt
--   is_readable     boolean    the source is answered in full, by the latest attempt or by what it kept
--   error_code      varchar    AWS error code, null when none
--   error_message   varchar    AWS error text, null when none
--   note            varchar    what to know of it although nothing failed, null when nothing
--   read_at         timestamp  taken_at of the latest attempt [UTC]
--   last_ok_at      timestamp  taken_at of the latest complete answer [UTC], null when there never was one
--   blind_since_at  timestamp  taken_at of the first failed attempt after it [UTC], null when readable
with attempt as (
    select
        c.account_id, c.region, c.source, c.service, c.operation, c.state, c.error_code, c.error_message, c.note,
        c.taken_at, coalesce(s.is_answered, false) as is_readable,
        row_number() over (
            partition by c.account_id, c.region, c.source order by c.taken_at desc, c.snapshot_id desc
        ) as recency
    from core.coverage as c
    left join core.ledger_state as s on s.state = c.state
    where c.taken_at <= $as_of
),
answered as (
    select account_id, region, source, max(taken_at) as last_ok_at
    from attempt
    where is_readable
    group by account_id, region, source
),
failed as (
    select a.account_id, a.region, a.source, min(a.taken_at) as blind_since_at
    from attempt as a
    left join answered as o
        on o.account_id = a.account_id and o.region = a.region and o.source = a.source
    where not a.is_readable and (o.last_ok_at is null or a.taken_at > o.last_ok_at)
    group by a.account_id, a.region, a.source
)
select
    a.account_id, a.region, a.source, a.service, a.operation, a.state, a.is_readable,
    a.error_code, a.error_message, a.note, a.taken_at as read_at, o.last_ok_at, f.blind_since_at
from attempt as a
left join answered as o
    on o.account_id = a.account_id and o.region = a.region and o.source = a.source
left join failed as f
    on f.account_id = a.account_id and f.region = a.region and f.source = a.source
where a.recency = 1
order by a.account_id, a.region, a.source
