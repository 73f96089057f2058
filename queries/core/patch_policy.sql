-- purpose: Quick Setup patch policies: what they do, to whom, when and by which baselines
-- inputs:  raw.ssm_quicksetup_manager_detail
-- grain:   one row per account_id, region, manager_arn, definition_number
-- key:     account_id, region, manager_arn, definition_number
-- columns:
--   account_id                 varchar    AWS account that holds the configuration
--   region                     varchar    home Region of its Quick Setup
--   manager_arn                varchar    Quick Setup configuration manager
--   definition_number          bigint     place of the policy in the configuration, from 1
--   policy_name                varchar    name of the patch policy
--   patch_operation            varchar    Scan or ScanAndInstall
--   scan_schedule              varchar    schedule of scans, null when none
--   install_schedule           varchar    schedule of installs, null when none
--   reboot_option              varchar    RebootIfNeeded or NoReboot, null when not told
--   baseline_choice            varchar    default (AWS's baselines) or custom, null when not told
--   baseline_region            varchar    Region of the chosen baselines, null when not told
--   baselines                  varchar    chosen baseline per operating system, as JSON; null when not told
--   target_type                varchar    *, InstanceIds, ResourceGroups or Tags; null when it goes to whole units
--   target                     varchar    instances, group or tag chosen, null when all
--   target_accounts            varchar    accounts, comma separated; null when it goes to organisational units
--   target_units               varchar    organisational units, comma separated; null when it goes to accounts
--   target_regions             varchar    Regions, comma separated
--   max_concurrency            varchar    nodes at once, a number or percentage; null when not told
--   max_errors                 varchar    errors allowed, a number or percentage; null when not told
--   deployment_status          varchar    state of its rollout, null when not told
--   deployed_at                timestamp  last change of that state [UTC], null when not told
--   observation_id             integer    observation of the configuration
with definition as (
    select
        account_id, region, manager_arn, observation_id, generate_subscripts(definitions, 1) as definition_number,
        unnest(definitions) as body
    from (
        select account_id, region, manager_arn, observation_id, from_json(configuration_definitions,
            '[{"Type": "VARCHAR", "Parameters": "JSON"}]') as definitions
        from raw.ssm_quicksetup_manager_detail
    ) as manager
),
policy as (
    select
        account_id, region, manager_arn, definition_number, observation_id, from_json(body."Parameters", '{
            "PatchPolicyName": "VARCHAR", "ConfigurationOptionsPatchOperation": "VARCHAR",
            "ConfigurationOptionsScanValue": "VARCHAR", "ConfigurationOptionsInstallValue": "VARCHAR",
            "RebootOption": "VARCHAR", "PatchBaselineUseDefault": "VARCHAR", "PatchBaselineRegion": "VARCHAR",
            "SelectedPatchBaselines": "VARCHAR", "TargetType": "VARCHAR", "TargetInstances": "VARCHAR",
            "ResourceGroupName": "VARCHAR", "TargetTagKey": "VARCHAR", "TargetTagValue": "VARCHAR",
            "TargetAccounts": "VARCHAR", "TargetOrganizationalUnits": "VARCHAR", "TargetRegions": "VARCHAR",
            "RateControlConcurrency": "VARCHAR", "RateControlErrorThreshold": "VARCHAR"}') as p
    from definition
    where body."Type" = 'AWSQuickSetupType-PatchPolicy'
),
status as (
    select account_id, region, manager_arn, unnest(from_json(status_summaries,
        '[{"Status": "VARCHAR", "StatusType": "VARCHAR", "LastUpdatedAt": "TIMESTAMP"}]')) as body
    from raw.ssm_quicksetup_manager_detail
),
deployment as (
    select
        account_id, region, manager_arn, max(body."Status") as deployment_status,
        max(body."LastUpdatedAt") as deployed_at
    from status
    where body."StatusType" = 'Deployment'
    group by account_id, region, manager_arn
)
select
    y.account_id, y.region, y.manager_arn, cast(y.definition_number as bigint) as definition_number,
    p."PatchPolicyName" as policy_name,
    coalesce(nullif(p."ConfigurationOptionsPatchOperation", ''), 'Scan') as patch_operation,
    nullif(p."ConfigurationOptionsScanValue", '') as scan_schedule,
    nullif(p."ConfigurationOptionsInstallValue", '') as install_schedule,
    nullif(p."RebootOption", '') as reboot_option, nullif(p."PatchBaselineUseDefault", '') as baseline_choice,
    nullif(p."PatchBaselineRegion", '') as baseline_region, nullif(p."SelectedPatchBaselines", '') as baselines,
    nullif(p."TargetType", '') as target_type,
    coalesce(nullif(p."TargetInstances", ''), nullif(p."ResourceGroupName", ''),
        nullif(p."TargetTagKey", '') || '=' || coalesce(p."TargetTagValue", '')) as target,
    nullif(p."TargetAccounts", '') as target_accounts, nullif(p."TargetOrganizationalUnits", '') as target_units,
    nullif(p."TargetRegions", '') as target_regions, nullif(p."RateControlConcurrency", '') as max_concurrency,
    nullif(p."RateControlErrorThreshold", '') as max_errors, d.deployment_status, d.deployed_at, y.observation_id
from policy as y
left join deployment as d on d.account_id = y.account_id and d.region = y.region and d.manager_arn = y.manager_arn
