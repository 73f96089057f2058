-- purpose: maintenance that waits for a database, and the dates after which AWS applies it
-- inputs:  raw.rds_pending_maintenance
-- grain:   one row per account_id, region, db_arn, action
-- key:     account_id, region, db_arn, action
-- columns:
--   account_id          varchar    AWS account
--   region              varchar    Region
--   db_arn              varchar    database instance or cluster that it waits for
--   action              varchar    system-update, db-upgrade, os-upgrade, ca-certificate-rotation, ...
--   description         varchar    what it is, in the service's words; null when it says nothing
--   opt_in_status       varchar    immediate, next-maintenance or undo-opt-in, null when nobody asked for anything
--   auto_applied_after  timestamp  the first window after this instant applies it [UTC], null when none does
--   forced_apply_at     timestamp  AWS applies it from here on, in a window or not [UTC], null when never
--   current_apply_at    timestamp  when it will be applied, all told [UTC], null when nothing applies it by itself
--   observation_id      integer    observation of the listing
with waiting as (
    select
        account_id, region, resource_identifier as db_arn, observation_id,
        unnest(from_json(pending_maintenance_action_details, '["JSON"]')) as detail
    from raw.rds_pending_maintenance
),
spoken as (
    select
        account_id, region, db_arn, json_extract_string(detail, '$.Action') as action,
        json_extract_string(detail, '$.Description') as description,
        json_extract_string(detail, '$.OptInStatus') as opt_in_status,
        cast(json_extract_string(detail, '$.AutoAppliedAfterDate') as timestamp) as auto_applied_after,
        cast(json_extract_string(detail, '$.ForcedApplyDate') as timestamp) as forced_apply_at,
        cast(json_extract_string(detail, '$.CurrentApplyDate') as timestamp) as current_apply_at, observation_id
    from waiting
),
ranked as (
    select
        account_id, region, db_arn, action, description, opt_in_status, auto_applied_after, forced_apply_at,
        current_apply_at, observation_id, row_number() over (
            partition by account_id, region, db_arn, action
            order by current_apply_at nulls last, forced_apply_at nulls last, description
        ) as choice
    from spoken
    where action is not null
)
-- of two of a kind, the one that comes first
select
    account_id, region, db_arn, action, description, opt_in_status, auto_applied_after, forced_apply_at,
    current_apply_at, observation_id
from ranked
where choice = 1
