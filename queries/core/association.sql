-- purpose: State Manager associations: what runs where and when, how it patches, and how it last went
-- inputs:  raw.ssm_association, raw.ssm_association_detail
-- grain:   one row per account_id, region, association_id
-- key:     account_id, region, association_id
-- columns:
--   account_id             varchar    AWS account
--   region                 varchar    Region
--   association_id         varchar    association
--   association_name       varchar    name, null when none
--   association_version    varchar    version
--   document_name          varchar    document it runs
--   schedule               varchar    cron or rate expression, null when it runs once
--   schedule_offset_days   bigint     days after the cron date [d], null when none
--   is_at_schedule_only    boolean    does not run when it is made or changed, null when not read
--   targets                varchar    what it selects, as JSON, null for one instance
--   operation              varchar    Scan or Install, null when it does not patch or was not read
--   reboot_option          varchar    RebootIfNeeded or NoReboot, null when it does not patch or was not read
--   baseline_override      varchar    object that replaces the patch baselines, null when none or not read
--   install_override_list  varchar    object that names what to install, null when none or not read
--   max_concurrency        varchar    nodes at once, a number or percentage, null when not set or not read
--   max_errors             varchar    errors allowed, a number or percentage, null when not set or not read
--   compliance_severity    varchar    severity of a failure, null when not read
--   calendar_names         varchar    change calendars that must be open, as JSON, null when none or not read
--   status                 varchar    how its last execution went, null before the first
--   detailed_status        varchar    the same in more words, null before the first
--   last_executed_at       timestamp  last execution [UTC], null before the first
--   created_at             timestamp  creation [UTC], null when not read
--   modified_at            timestamp  last change [UTC], null when not read
--   observation_id         integer    observation of the listing
with detail as (
    -- other parameters are dropped before they reach the store; the detail is read once a version, so what changes
    -- with every execution comes from the listing
    select
        account_id, region, association_id, parameters, max_concurrency, max_errors, compliance_severity,
        calendar_names, apply_only_at_cron_interval, date as created_at, last_update_association_date as modified_at
    from raw.ssm_association_detail
)
select
    a.account_id, a.region, a.association_id, nullif(a.association_name, '') as association_name, a.association_version,
    a.name as document_name, nullif(a.schedule_expression, '') as schedule, a.schedule_offset as schedule_offset_days,
    d.apply_only_at_cron_interval as is_at_schedule_only, cast(a.targets as varchar) as targets,
    json_extract_string(d.parameters, '$.Operation[0]') as operation,
    json_extract_string(d.parameters, '$.RebootOption[0]') as reboot_option,
    nullif(json_extract_string(d.parameters, '$.BaselineOverride[0]'), '') as baseline_override,
    nullif(json_extract_string(d.parameters, '$.InstallOverrideList[0]'), '') as install_override_list,
    d.max_concurrency, d.max_errors, d.compliance_severity,
    case when json_array_length(d.calendar_names) > 0 then cast(d.calendar_names as varchar) end as calendar_names,
    json_extract_string(a.overview, '$.Status') as status,
    json_extract_string(a.overview, '$.DetailedStatus') as detailed_status,
    a.last_execution_date as last_executed_at, d.created_at, d.modified_at, a.observation_id
from raw.ssm_association as a
left join detail as d
    on d.account_id = a.account_id and d.region = a.region and d.association_id = a.association_id
