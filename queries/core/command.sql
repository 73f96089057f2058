-- purpose: commands that were run, how they patch, and how many nodes they reached
-- inputs:  raw.ssm_command
-- grain:   one row per account_id, region, command_id
-- key:     account_id, region, command_id
-- columns:
--   account_id                varchar    AWS account
--   region                    varchar    Region
--   command_id                varchar    command
--   document_name             varchar    document it runs
--   operation                 varchar    Scan or Install, null when it does not patch
--   reboot_option             varchar    RebootIfNeeded or NoReboot, null when it does not patch or says nothing
--   baseline_override         varchar    object that replaces the patch baselines, null when none
--   install_override_list     varchar    object that names what to install, null when none
--   aws_snapshot_id           varchar    baseline snapshot it was told to use, null when none
--   targets                   varchar    what it selects, as JSON
--   requested_at              timestamp  request [UTC]
--   expires_at                timestamp  where it is not delivered by then it is given up [UTC]
--   status                    varchar    Pending, InProgress, Success, Cancelled, Failed, TimedOut or Cancelling
--   status_details            varchar    the same in more words, such as Incomplete
--   target_count              bigint     nodes it was meant for [nodes]
--   completed_count           bigint     of these in a final state [nodes]
--   error_count               bigint     of these failed or timed out while running [nodes]
--   delivery_timed_out_count  bigint     of these never delivered [nodes]
--   max_concurrency           varchar    nodes at once, a number or percentage
--   max_errors                varchar    errors allowed, a number or percentage
--   observation_id            integer    observation of the listing
select
    account_id, region, command_id, document_name,
    nullif(json_extract_string(parameters, '$.Operation[0]'), '') as operation,
    nullif(json_extract_string(parameters, '$.RebootOption[0]'), '') as reboot_option,
    nullif(json_extract_string(parameters, '$.BaselineOverride[0]'), '') as baseline_override,
    nullif(json_extract_string(parameters, '$.InstallOverrideList[0]'), '') as install_override_list,
    nullif(json_extract_string(parameters, '$.SnapshotId[0]'), '') as aws_snapshot_id,
    cast(targets as varchar) as targets, requested_date_time as requested_at, expires_after as expires_at, status,
    status_details, target_count, completed_count, error_count, delivery_timed_out_count, max_concurrency, max_errors,
    observation_id
from raw.ssm_command
