-- purpose: how old is what is held of each system, and where is the oldest of it?
-- inputs:  fleet/systems
-- grain:   one row per system, in the catalogue's order
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   system            varchar  what of AWS was read, as people speak of it
--   is_from_objects   boolean  some of it is read from objects in S3: only as fresh as when they were written
--   place_count       bigint   accounts and Regions in which it was attempted [places]
--   answered_count    bigint   of these answered in full by the latest attempt or by what it kept [places]
--   held_count        bigint   of these of which anything is held [places]
--   newest_age_hours  double   age of the newest answer [h], null when nothing is held
--   oldest_age_hours  double   age of the oldest answer that something rests on [h], null when nothing is held
--   oldest_account    varchar  account that holds it, by name or id, null when nothing is held
--   oldest_region     varchar  its Region, null when nothing is held
with ranked as (
    select
        system, system_number, is_from_objects, coalesce(account_name, account_id) as account, region,
        newest_age_hours, oldest_age_hours, oldest_answer_at,
        answered_count = source_count as is_answered,
        row_number() over (
            partition by system order by oldest_answer_at nulls last, account_id, region
        ) as place
    from fleet_systems
)
select
    system, count(1) filter (where is_from_objects) > 0 as is_from_objects, count(1) as place_count,
    count(1) filter (where is_answered) as answered_count, count(oldest_answer_at) as held_count,
    min(newest_age_hours) as newest_age_hours, max(oldest_age_hours) as oldest_age_hours,
    max(case when place = 1 and oldest_answer_at is not null then account end) as oldest_account,
    max(case when place = 1 and oldest_answer_at is not null then region end) as oldest_region
from ranked
group by system, system_number
order by system_number nulls last, system
