-- purpose: Elastic Beanstalk environments: platform and version, and whether and how AWS updates them
-- inputs:  raw.elasticbeanstalk_environment, raw.elasticbeanstalk_configuration
-- grain:   one row per account_id, region, environment_id
-- key:     account_id, region, environment_id
-- columns:
--   account_id            varchar    AWS account
--   region                varchar    Region
--   environment_id        varchar    environment
--   environment_name      varchar    its name
--   application           varchar    its application
--   tier                  varchar    WebServer or Worker
--   platform_branch       varchar    platform branch, as its ARN names it; null for a platform of one's own
--   platform_version      varchar    version of the platform, null when its ARN does not tell
--   environment_status    varchar    Ready, Updating, Launching, ...
--   health                varchar    Green, Yellow, Red or Grey
--   is_updated_by_aws     boolean    managed updates are on, null where its options could not be read
--   update_level          varchar    minor: minor and patch versions; patch: patch versions only; null when not told
--   refreshes_instances   boolean    instances are replaced weekly, also without an update; null when not told
--   preferred_start       varchar    weekly start of managed updates, Ddd:hh:mm [UTC], null when not told
--   deployment_policy     varchar    AllAtOnce, Rolling, RollingWithAdditionalBatch, Immutable, TrafficSplitting
--   environment_type      varchar    SingleInstance or LoadBalanced, null when not told
--   created_at            timestamp  creation [UTC]
--   updated_at            timestamp  last change of it [UTC]
--   observation_id        integer    observation of the listing
with setting as (
    select account_id, region, item, unnest(from_json(option_settings, '["JSON"]')) as setting
    from raw.elasticbeanstalk_configuration
),
spoken as (
    select
        account_id, region, item, json_extract_string(setting, '$.OptionName') as option_name,
        json_extract_string(setting, '$.Value') as value
    from setting
),
chosen as (
    select
        account_id, region, item,
        max(case when option_name = 'ManagedActionsEnabled' then value end) = 'true' as is_updated_by_aws,
        max(case when option_name = 'UpdateLevel' then value end) as update_level,
        max(case when option_name = 'InstanceRefreshEnabled' then value end) = 'true' as refreshes_instances,
        max(case when option_name = 'PreferredStartTime' then value end) as preferred_start,
        max(case when option_name = 'DeploymentPolicy' then value end) as deployment_policy,
        max(case when option_name = 'EnvironmentType' then value end) as environment_type
    from spoken
    group by account_id, region, item
)
select
    e.account_id, e.region, e.environment_id, e.environment_name, e.application_name as application,
    json_extract_string(e.tier, '$.Name') as tier,
    nullif(regexp_extract(e.platform_arn, '::platform/(.+)/[^/]+$', 1), '') as platform_branch,
    nullif(regexp_extract(e.platform_arn, '/([^/]+)$', 1), '') as platform_version, e.status as environment_status,
    e.health, c.is_updated_by_aws, c.update_level, c.refreshes_instances, c.preferred_start, c.deployment_policy,
    c.environment_type, e.date_created as created_at, e.date_updated as updated_at, e.observation_id
from raw.elasticbeanstalk_environment as e
left join chosen as c on c.account_id = e.account_id and c.region = e.region and c.item = e.environment_id
