-- purpose: the events of change calendars: when changes are blocked, or allowed where the calendar is closed
-- inputs:  raw.ssm_calendar_document
-- grain:   one row per account_id, region, calendar_name, event_number
-- key:     account_id, region, calendar_name, event_number
-- columns:
--   account_id       varchar  AWS account that sees the calendar
--   region           varchar  Region
--   calendar_name    varchar  name, for a shared calendar its ARN
--   event_number     bigint   place in the calendar, from 1
--   summary          varchar  what it is, null when not told
--   starts_at        varchar  start, ISO text: with Z in UTC, else local to timezone; a day alone is a whole day
--   ends_at          varchar  end likewise, null when not told
--   timezone         varchar  time zone of start and end (IANA), null when they say UTC or give none
--   recurrence_rule  varchar  iCalendar RRULE, null for an event that happens once
--   observation_id   integer  observation of the calendar's text
with unfolded as (
    -- a long line goes on behind a line break and a blank (RFC 5545, 3.1)
    select account_id, region, calendar_name, observation_id, regexp_replace(content, '\r?\n[ \t]', '', 'g') as text
    from raw.ssm_calendar_document
),
part as (
    select
        account_id, region, calendar_name, observation_id, unnest(string_split(text, 'BEGIN:VEVENT')) as body,
        generate_subscripts(string_split(text, 'BEGIN:VEVENT'), 1) - 1 as event_number
    from unfolded
),
field as (
    select
        account_id, region, calendar_name, event_number, observation_id,
        nullif(regexp_extract(body, '\nSUMMARY[^:\n]*:([^\r\n]*)', 1), '') as summary,
        nullif(regexp_extract(body, '\nDTSTART[^:\n]*:([0-9TZ]+)', 1), '') as start_text,
        nullif(regexp_extract(body, '\nDTEND[^:\n]*:([0-9TZ]+)', 1), '') as end_text,
        nullif(regexp_extract(body, '\nDTSTART;[^:\n]*TZID="?([^:;"\n]+)', 1), '') as timezone,
        nullif(regexp_extract(body, '\nRRULE[^:\n]*:([^\r\n]*)', 1), '') as recurrence_rule
    from part
    where event_number > 0
)
select
    account_id, region, calendar_name, cast(event_number as bigint) as event_number,
    replace(replace(summary, '\,', ','), '\;', ';') as summary,
    regexp_replace(regexp_replace(start_text, '^(\d{4})(\d{2})(\d{2})', '\1-\2-\3'), 'T(\d{2})(\d{2})(\d{2})',
        'T\1:\2:\3') as starts_at,
    regexp_replace(regexp_replace(end_text, '^(\d{4})(\d{2})(\d{2})', '\1-\2-\3'), 'T(\d{2})(\d{2})(\d{2})',
        'T\1:\2:\3') as ends_at,
    timezone, recurrence_rule, observation_id
from field
