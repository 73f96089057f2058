-- purpose: Auto Scaling groups: what each launches from, and how its members are replaced
-- inputs:  raw.autoscaling_group, raw.ec2_launch_template
-- grain:   one row per account_id, region, auto_scaling_group
-- key:     account_id, region, auto_scaling_group
-- columns:
--   account_id                     varchar    AWS account
--   region                         varchar    Region
--   auto_scaling_group             varchar    name
--   launches_from                  varchar    launch template, mixed instances, launch configuration; null when none
--   launch_template_id             varchar    launch template, null when it has none
--   version_choice                 varchar    $Latest, $Default or pinned; null without a launch template
--   launch_template_version        bigint     number that the choice means now, null when the template was not read
--   is_latest_version              boolean    that number is the newest, null when the template was not read
--   launch_configuration           varchar    launch configuration, null when it has none
--   override_count                 bigint     instance types or attributes that a mix allows [1], null without a mix
--   on_demand_above_base_share     double     share of On-Demand above the base of a mix, null without a mix
--   min_count                      bigint     least members
--   max_count                      bigint     most members
--   desired_count                  bigint     members wanted
--   member_count                   bigint     members it has
--   health_check_type              varchar    what makes a member unhealthy: EC2, ELB, ... separated by commas
--   min_healthy_share              double     least healthy share while members are replaced, null when no policy
--   max_healthy_share              double     most, above 1 when new ones come first, null when no policy
--   max_instance_lifetime_seconds  bigint     age at which a member is replaced [s], null when none
--   suspended_processes            varchar    processes that somebody suspended, as JSON list of names
--   target_group_count             bigint     target groups it registers its members with
--   warm_pool_count                bigint     members waiting in a warm pool, null when it has none
--   created_at                     timestamp  creation [UTC]
--   observation_id                 integer    observation of the listing
with named as (
    select account_id, region, auto_scaling_group_name, coalesce(launch_template,
        json_extract(mixed_instances_policy, '$.LaunchTemplate.LaunchTemplateSpecification')) as template
    from raw.autoscaling_group
),
chosen as (
    select
        account_id, region, auto_scaling_group_name, json_extract_string(template, '$.LaunchTemplateId') as template_id,
        -- a group that names no version takes the default (API reference, LaunchTemplateSpecification)
        coalesce(json_extract_string(template, '$.Version'), '$Default') as version
    from named where template is not null
),
meant as (
    select
        c.account_id, c.region, c.auto_scaling_group_name, c.template_id,
        case when c.version in ('$Latest', '$Default') then c.version else 'pinned' end as version_choice,
        case c.version when '$Latest' then t.latest_version_number when '$Default' then t.default_version_number
            else try_cast(c.version as bigint) end as version_number, t.latest_version_number as latest
    from chosen as c left join raw.ec2_launch_template as t
        on t.account_id = c.account_id and t.region = c.region and t.launch_template_id = c.template_id
)
select
    g.account_id, g.region, g.auto_scaling_group_name as auto_scaling_group, case
        when g.mixed_instances_policy is not null then 'mixed instances'
        when g.launch_template is not null then 'launch template'
        when g.launch_configuration_name is not null then 'launch configuration' end as launches_from,
    m.template_id as launch_template_id, m.version_choice, m.version_number as launch_template_version,
    m.version_number = m.latest as is_latest_version, g.launch_configuration_name as launch_configuration,
    case when g.mixed_instances_policy is not null then cast(
        coalesce(json_array_length(g.mixed_instances_policy, '$.LaunchTemplate.Overrides'), 0) as bigint) end
        as override_count, cast(json_extract_string(g.mixed_instances_policy,
        '$.InstancesDistribution.OnDemandPercentageAboveBaseCapacity') as double) / 100 as on_demand_above_base_share,
    g.min_size as min_count, g.max_size as max_count, g.desired_capacity as desired_count,
    cast(coalesce(json_array_length(g.instances), 0) as bigint) as member_count, g.health_check_type,
    cast(json_extract_string(g.instance_maintenance_policy, '$.MinHealthyPercentage') as double) / 100
        as min_healthy_share,
    cast(json_extract_string(g.instance_maintenance_policy, '$.MaxHealthyPercentage') as double) / 100
        as max_healthy_share, g.max_instance_lifetime as max_instance_lifetime_seconds,
    cast(json_extract(g.suspended_processes, '$[*].ProcessName') as varchar) as suspended_processes,
    cast(coalesce(json_array_length(g.target_group_arns), 0) as bigint) as target_group_count,
    g.warm_pool_size as warm_pool_count, g.created_time as created_at, g.observation_id
from raw.autoscaling_group as g
left join meant as m on m.account_id = g.account_id and m.region = g.region
    and m.auto_scaling_group_name = g.auto_scaling_group_name
