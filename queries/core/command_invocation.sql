-- purpose: how each command went on each node
-- inputs:  raw.ssm_command_invocation
-- grain:   one row per account_id, region, command_id, node_id
-- key:     account_id, region, command_id, node_id
-- columns:
--   account_id        varchar    AWS account
--   region            varchar    Region
--   command_id        varchar    command
--   node_id           varchar    EC2 instance id or hybrid managed node id
--   document_name     varchar    document that ran
--   requested_at      timestamp  when the command was sent to this node [UTC]
--   status            varchar    Pending, InProgress, Delayed, Success, Cancelled, TimedOut, Failed or Cancelling
--   status_details    varchar    the same in more words, such as DeliveryTimedOut
--   started_at        timestamp  start of the first plugin [UTC], null unless the listing carries plugins
--   ended_at          timestamp  end of the last plugin [UTC], null unless the listing carries plugins
--   duration_seconds  double     from start to end [s], null unless the listing carries plugins
--   response_code     bigint     highest code a plugin answered, 0 is good; null unless the listing carries plugins
--   observation_id    integer    observation of the listing
with invocation as (
    -- plugins come only where the listing was asked with Details, and then without their output
    select
        account_id, region, command_id, instance_id, document_name, requested_date_time, status, status_details,
        observation_id, from_json(command_plugins, '[{"ResponseCode": "BIGINT", "ResponseStartDateTime": "TIMESTAMP",
            "ResponseFinishDateTime": "TIMESTAMP"}]') as plugins
    from raw.ssm_command_invocation
),
plugin as (
    select account_id, region, command_id, instance_id, unnest(plugins) as body
    from invocation
),
timed as (
    select
        account_id, region, command_id, instance_id, min(body."ResponseStartDateTime") as started_at,
        max(body."ResponseFinishDateTime") as ended_at, max(body."ResponseCode") as response_code
    from plugin
    group by account_id, region, command_id, instance_id
)
select
    i.account_id, i.region, i.command_id, i.instance_id as node_id, i.document_name,
    i.requested_date_time as requested_at, i.status, i.status_details, t.started_at, t.ended_at,
    date_diff('millisecond', t.started_at, t.ended_at) / 1000.0 as duration_seconds, t.response_code, i.observation_id
from invocation as i
left join timed as t
    on t.account_id = i.account_id and t.region = i.region
    and t.command_id = i.command_id and t.instance_id = i.instance_id
