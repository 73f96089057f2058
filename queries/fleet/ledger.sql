-- purpose: what was the outcome of the latest attempt to read each source in each account and Region?
-- inputs:  core.coverage, core.ledger_state, core.source
-- grain:   one row per account_id, region, source that is still there; of what is asked once, the place that last was
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id        varchar    AWS account
--   region            varchar    Region; the home Region for what is read once per account or organisation
--   source            varchar    what was read
--   system            varchar    what of AWS it belongs to, as people speak of it; the source where that is not known
--   scope             varchar    once per organization, account or region, in every cell, estate or object, null when unknown
--   service           varchar    AWS service of the operation
--   operation         varchar    API operation
--   state             varchar    ledger state of the latest attempt
--   refusal           varchar    of a part, what somebody must lift before the rest comes; null when nobody must
--   is_readable       boolean    the source is answered in full, by the latest attempt or by what it kept
--   error_code        varchar    AWS error code, null when none
--   error_message     varchar    AWS error text, null when none
--   note              varchar    what to know of it although nothing failed, null when nothing
--   read_at           timestamp  taken_at of the latest attempt [UTC]
--   last_ok_at        timestamp  taken_at of the latest complete answer [UTC], null when there never was one
--   blind_since_at    timestamp  taken_at of the first failed attempt after it [UTC], null when readable
--   newest_answer_at  timestamp  newest answer that what is held rests on [UTC], null when nothing is held
--   oldest_answer_at  timestamp  oldest of them [UTC], null when nothing is held
with place as (
    -- what is the same in many accounts has one latest attempt, whichever account made it
    select
        c.account_id, c.region, c.source, c.service, c.operation, c.state, c.refusal, c.error_code, c.error_message,
        c.note, c.snapshot_id, c.taken_at, c.newest_answer_at, c.oldest_answer_at, coalesce(f.system, c.source) as system, f.scope,
        coalesce(s.is_answered, false) as is_readable, coalesce(s.state_rank, 99) as state_rank,
        case when f.scope in ('organization', 'estate', 'region') then '' else c.account_id end as place_account,
        case when f.scope in ('organization', 'estate') then '' else c.region end as place_region
    from core.coverage as c
    left join core.ledger_state as s on s.state = c.state
    left join core.source as f on f.source = c.source
    where c.taken_at <= $as_of
),
attempt as (
    select
        account_id, region, source, system, scope, service, operation, state, refusal, is_readable, error_code,
        error_message, note, taken_at, oldest_answer_at, place_account, place_region,
        max(case when is_readable then taken_at end) over (place) as last_ok_at,
        max(newest_answer_at) over (place) as newest_answer_at,
        row_number() over (place order by taken_at desc, snapshot_id desc, state_rank, account_id, region) as recency
    from place
    window place as (partition by source, place_account, place_region)
),
held as (
    -- what failed since, in whole or in part, left standing what the last complete answer had brought
    select source, place_account, place_region, min(oldest_answer_at) as oldest_answer_at,
        min(case when is_readable then null else taken_at end) as blind_since_at
    from attempt
    where last_ok_at is null or taken_at >= last_ok_at
    group by source, place_account, place_region
)
select
    a.account_id, a.region, a.source, a.system, a.scope, a.service, a.operation, a.state, a.refusal, a.is_readable,
    a.error_code, a.error_message, a.note, a.taken_at as read_at, a.last_ok_at,
    case when a.is_readable then null else h.blind_since_at end as blind_since_at,
    a.newest_answer_at, h.oldest_answer_at
from attempt as a
inner join held as h
    on h.source = a.source and h.place_account = a.place_account and h.place_region = a.place_region
where a.recency = 1 and a.state <> 'removed'
order by a.account_id, a.region, a.source
