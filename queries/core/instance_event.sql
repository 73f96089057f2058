-- purpose: what AWS has scheduled for instances: reboots, stops, retirement of their host
-- inputs:  raw.ec2_instance_status
-- grain:   one row per account_id, region, instance_id, event_id
-- key:     account_id, region, instance_id, event_id
-- columns:
--   account_id         varchar    AWS account
--   region             varchar    Region
--   instance_id        varchar    EC2 instance
--   event_id           varchar    event, its code and place in the answer where it has no id
--   event_code         varchar    instance-reboot, system-reboot, system-maintenance, instance-retirement or instance-stop
--   event_description  varchar    what AWS says of it; begins with [Completed] or [Canceled] once it is over
--   is_over            boolean    it was carried out or cancelled: AWS still shows it for a week
--   not_before_at      timestamp  earliest begin [UTC], null when not told
--   not_after_at       timestamp  latest end [UTC], null when not told
--   deadline_at        timestamp  latest begin that one may choose instead [UTC], null when it cannot be moved
--   observation_id     integer    observation of the listing
with event as (
    select account_id, region, instance_id, unnest(json_extract(events, '$[*]')) as event, observation_id
    from raw.ec2_instance_status
),
named as (
    select
        account_id, region, instance_id, json_extract_string(event, '$.InstanceEventId') as named_id,
        json_extract_string(event, '$.Code') as event_code,
        json_extract_string(event, '$.Description') as event_description,
        try_cast(json_extract_string(event, '$.NotBefore') as timestamp) as not_before_at,
        try_cast(json_extract_string(event, '$.NotAfter') as timestamp) as not_after_at,
        try_cast(json_extract_string(event, '$.NotBeforeDeadline') as timestamp) as deadline_at, observation_id
    from event
)
select
    account_id, region, instance_id,
    coalesce(named_id, event_code || '-' || row_number() over (
        partition by account_id, region, instance_id, event_code order by not_before_at, event_description
    )) as event_id,
    event_code, event_description,
    coalesce(event_description like '[Completed]%' or event_description like '[Canceled]%', false) as is_over,
    not_before_at, not_after_at, deadline_at, observation_id
from named
