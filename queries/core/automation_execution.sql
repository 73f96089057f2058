-- purpose: automations that were run, those of single targets too, how long they took and how they ended
-- inputs:  raw.ssm_automation_execution
-- grain:   one row per account_id, region, automation_execution_id
-- key:     account_id, region, automation_execution_id
-- columns:
--   account_id               varchar    AWS account
--   region                   varchar    Region
--   automation_execution_id  varchar    automation
--   parent_execution_id      varchar    automation it is a part of, null when it is none
--   document_name            varchar    runbook
--   document_version         varchar    version of the runbook
--   automation_type          varchar    Local or CrossAccount
--   mode                     varchar    Auto or Interactive
--   executed_by              varchar    ARN of who ran it
--   target                   varchar    resource it works on, null when it has none or several
--   targets                  varchar    what it selects, as JSON
--   association_id           varchar    association that started it, null when none did
--   ops_item_id              varchar    OpsItem of its change request, null when none
--   status                   varchar    Success, Failed, InProgress, Waiting or what else AWS says
--   current_step             varchar    step it is at, or stopped at; null when it ended well
--   started_at               timestamp  start [UTC], null before it starts
--   ended_at                 timestamp  end [UTC], null until it ends
--   duration_seconds         double     from start to end [s], null until it ends
--   observation_id           integer    observation of the listing
select
    account_id, region, automation_execution_id,
    nullif(parent_automation_execution_id, '') as parent_execution_id, document_name, document_version,
    automation_type, mode, executed_by, nullif(target, '') as target, cast(targets as varchar) as targets,
    nullif(association_id, '') as association_id, nullif(ops_item_id, '') as ops_item_id,
    automation_execution_status as status, nullif(current_step_name, '') as current_step,
    execution_start_time as started_at, execution_end_time as ended_at,
    date_diff('millisecond', execution_start_time, execution_end_time) / 1000.0 as duration_seconds, observation_id
from raw.ssm_automation_execution
