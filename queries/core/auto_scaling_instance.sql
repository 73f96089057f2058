-- purpose: members of Auto Scaling groups, and the version each was launched from
-- inputs:  raw.autoscaling_group
-- grain:   one row per account_id, region, instance_id
-- key:     account_id, region, instance_id
-- columns:
--   account_id               varchar  AWS account
--   region                   varchar  Region
--   instance_id              varchar  EC2 instance id
--   auto_scaling_group       varchar  group it belongs to
--   lifecycle_state          varchar  InService, Pending, Standby, Terminating, ...
--   health_status            varchar  Healthy or Unhealthy
--   is_protected             boolean  scaling in must leave it alone
--   launch_template_id       varchar  launch template it was launched from, null when from none
--   launch_template_version  bigint   version it was launched from, null when from none
--   launch_configuration     varchar  launch configuration it was launched from, null when from none
--   observation_id           integer  observation of the groups
with member as (
    select
        account_id, region, auto_scaling_group_name, observation_id,
        unnest(from_json(instances, '["JSON"]')) as instance
    from raw.autoscaling_group
)
select
    account_id, region, json_extract_string(instance, '$.InstanceId') as instance_id,
    auto_scaling_group_name as auto_scaling_group, json_extract_string(instance, '$.LifecycleState') as lifecycle_state,
    json_extract_string(instance, '$.HealthStatus') as health_status,
    cast(json_extract_string(instance, '$.ProtectedFromScaleIn') as boolean) as is_protected,
    json_extract_string(instance, '$.LaunchTemplate.LaunchTemplateId') as launch_template_id,
    try_cast(json_extract_string(instance, '$.LaunchTemplate.Version') as bigint) as launch_template_version,
    json_extract_string(instance, '$.LaunchConfigurationName') as launch_configuration, observation_id
from member
