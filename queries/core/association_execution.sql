-- purpose: when State Manager associations ran, and how that ended
-- inputs:  raw.ssm_association_execution
-- grain:   one row per account_id, region, association_id, association_execution_id
-- key:     account_id, region, association_id, association_execution_id
-- columns:
--   account_id                varchar    AWS account
--   region                    varchar    Region
--   association_id            varchar    association
--   association_execution_id  varchar    execution
--   association_version       varchar    version that ran
--   status                    varchar    Success, Failed, InProgress, Pending or Skipped
--   detailed_status           varchar    the same in more words
--   success_count             bigint     targets that succeeded [targets], null when the counts are not told
--   failed_count              bigint     targets that failed [targets], null when the counts are not told
--   resource_counts           varchar    targets by status in AWS's own text, null when not told
--   started_at                timestamp  start [UTC]
--   last_reported_at          timestamp  last report of a target [UTC], null when none
--   duration_seconds          double     from start to the last report [s], null when none or not ended
--   observation_id            integer    observation of the executions
with execution as (
    select
        account_id, region, association_id, execution_id, association_version, status, detailed_status,
        nullif(resource_count_by_status, '') as resource_counts, created_time, last_execution_date, observation_id
    from raw.ssm_association_execution
)
select
    account_id, region, association_id, execution_id as association_execution_id, association_version, status,
    detailed_status,
    -- "{Success=2, Failed=1}": a status without a target is left out
    case when resource_counts is not null then coalesce(
        cast(nullif(regexp_extract(resource_counts, '\bSuccess=(\d+)', 1), '') as bigint), 0) end as success_count,
    case when resource_counts is not null then coalesce(
        cast(nullif(regexp_extract(resource_counts, '\bFailed=(\d+)', 1), '') as bigint), 0) end as failed_count,
    resource_counts, created_time as started_at, last_execution_date as last_reported_at,
    case when status not in ('InProgress', 'Pending')
        then date_diff('millisecond', created_time, last_execution_date) / 1000.0 end as duration_seconds,
    observation_id
from execution
