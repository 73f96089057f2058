-- purpose: change calendars that an account owns or is given, and whether they are open
-- inputs:  raw.ssm_change_calendar, raw.ssm_calendar_state, raw.ssm_calendar_document
-- grain:   one row per account_id, region, calendar_name
-- key:     account_id, region, calendar_name
-- columns:
--   account_id          varchar    AWS account that sees it
--   region              varchar    Region
--   calendar_name       varchar    name, for a shared calendar its ARN
--   owner_id            varchar    AWS account that owns it, null when not told
--   is_shared           boolean    owned by another account, null when the owner is not told
--   calendar_type       varchar    DEFAULT_OPEN or DEFAULT_CLOSED: what holds outside its events; null when not read
--   calendar_state      varchar    OPEN or CLOSED when it was asked, null when not read
--   state_at            timestamp  instant the state is of [UTC], null when not read
--   next_transition_at  timestamp  next change of the state [UTC], null when none is known
--   event_count         bigint     events in it [events], null when not read
--   created_at          timestamp  creation [UTC], null when not told
--   observation_id      integer    observation of the listing
with state as (
    select
        account_id, region, json_extract_string(calendar_names, '$[0]') as calendar_name, state as calendar_state,
        cast(nullif(at_time, '') as timestamp) as state_at,
        cast(nullif(next_transition_time, '') as timestamp) as next_transition_at
    from raw.ssm_calendar_state
),
document as (
    select
        account_id, region, calendar_name,
        nullif(regexp_extract(content, 'X-CALENDAR-TYPE:(DEFAULT_[A-Z]+)', 1), '') as calendar_type,
        cast(len(string_split(content, 'BEGIN:VEVENT')) - 1 as bigint) as event_count
    from raw.ssm_calendar_document
)
select
    c.account_id, c.region, c.name as calendar_name, nullif(c.owner, '') as owner_id,
    nullif(c.owner, '') <> c.account_id as is_shared, d.calendar_type, s.calendar_state, s.state_at,
    s.next_transition_at, d.event_count, c.created_date as created_at, c.observation_id
from raw.ssm_change_calendar as c
left join state as s on s.account_id = c.account_id and s.region = c.region and s.calendar_name = c.name
left join document as d on d.account_id = c.account_id and d.region = c.region and d.calendar_name = c.name
