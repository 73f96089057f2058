-- purpose: how is each part of the ledger read, how old is what is held of it, and who opens it?
-- inputs:  core.account, core.data_sync_node, core.ledger_state, core.source, fleet/ledger
-- grain:   one row per account_id, region, system that was attempted
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id        varchar    AWS account
--   account_name      varchar    name in the organisation, null when the organisation cannot be read
--   region            varchar    Region; the home Region for what is read once per account or organisation
--   system            varchar    what of AWS was read, as people speak of it
--   system_number     integer    place of the system in the catalogue, null when the catalogue no longer names it
--   state             varchar    gravest ledger state of its sources
--   source_count      bigint     sources attempted [sources]
--   answered_count    bigint     of these answered in full, by the latest attempt or by what it kept [sources]
--   is_blind          boolean    something of it is not seen that a policy does not close on purpose
--   is_from_objects   boolean    read from objects in S3: only as fresh as when they were written
--   newest_answer_at  timestamp  newest answer that what is held rests on [UTC], null when nothing is held
--   oldest_answer_at  timestamp  oldest of them: kept details are as old as their own answer [UTC], null when nothing is held
--   newest_age_hours  double     time since the newest [h], never negative, null when nothing is held
--   oldest_age_hours  double     time since the oldest [h], never negative, null when nothing is held
--   opened_by         varchar    who can open it, and how, null when nothing is closed
with listed as (
    select system, min(source_number) as system_number from core.source group by system
),
object as (
    select account_id, region, min(modified_at) as oldest_at, max(modified_at) as newest_at
    from core.data_sync_node
    where valid_from <= $as_of and valid_to > $as_of
    group by account_id, region
),
told as (
    -- a listing of objects is young whenever it is made, and the objects that it lists are not
    select
        l.account_id, l.region, l.system, l.state, l.is_readable,
        case when l.source = 'datasync_object' then o.newest_at else l.newest_answer_at end as newest_answer_at,
        case when l.source = 'datasync_object' then o.oldest_at else l.oldest_answer_at end as oldest_answer_at,
        coalesce(l.scope = 'object', false) as is_object,
        not l.is_readable and coalesce(s.is_blind, true) as is_blind,
        case when l.is_readable then null else replace(
            coalesce(r.opened_by, 'whoever runs the extraction: use the patchlib that wrote this state'),
            '{operation}', l.service || ':' || l.operation
        ) end as opened_by,
        row_number() over (
            partition by l.account_id, l.region, l.system
            order by coalesce(s.state_rank, 99) desc, f.source_number, l.source
        ) as gravity
    from fleet_ledger as l
    left join core.ledger_state as s on s.state = l.state
    left join core.ledger_state as r on r.state = coalesce(l.refusal, l.state)
    left join core.source as f on f.source = l.source
    left join object as o on o.account_id = l.account_id and o.region = l.region
),
part as (
    select
        account_id, region, system, max(case when gravity = 1 then state end) as state, count(1) as source_count,
        count(1) filter (where is_readable) as answered_count, count(1) filter (where is_blind) > 0 as is_blind,
        count(1) filter (where is_object) > 0 as is_from_objects, max(newest_answer_at) as newest_answer_at,
        min(oldest_answer_at) as oldest_answer_at, max(case when gravity = 1 then opened_by end) as opened_by
    from told
    group by account_id, region, system
),
aged as (
    select
        account_id, region, system, date_diff('second', newest_answer_at, $as_of) / 3600.0 as newest_hours,
        date_diff('second', oldest_answer_at, $as_of) / 3600.0 as oldest_hours
    from part
)
select
    p.account_id, a.account_name, p.region, p.system, k.system_number, p.state, p.source_count, p.answered_count,
    p.is_blind, p.is_from_objects, p.newest_answer_at, p.oldest_answer_at,
    -- answers come while a run goes on, so they may be younger than its instant
    case when g.newest_hours < 0 then 0.0 else g.newest_hours end as newest_age_hours,
    case when g.oldest_hours < 0 then 0.0 else g.oldest_hours end as oldest_age_hours,
    p.opened_by
from part as p
inner join aged as g on g.account_id = p.account_id and g.region = p.region and g.system = p.system
left join listed as k on k.system = p.system
left join core.account as a
    on a.account_id = p.account_id and a.valid_from <= $as_of and a.valid_to > $as_of
order by p.account_id, p.region, k.system_number nulls last, p.system
