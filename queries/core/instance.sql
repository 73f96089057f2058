-- purpose: EC2 instances, terminated ones as long as EC2 lists them, with the tags patching reads
-- inputs:  raw.ec2_instance, core.node_tag_now
-- grain:   one row per account_id, region, instance_id
-- key:     account_id, region, instance_id
-- columns:
--   account_id          varchar    AWS account
--   region              varchar    Region
--   instance_id         varchar    EC2 instance id
--   image_id            varchar    image it was launched from
--   instance_type       varchar    instance type
--   platform_details    varchar    platform as EC2 bills it (Windows, Linux/UNIX, ...)
--   instance_state      varchar    EC2 state (running, stopped, terminated, ...)
--   launched_at         timestamp  last launch [UTC]
--   availability_zone   varchar    Availability Zone
--   subnet_id           varchar    subnet, null once terminated
--   has_public_address  boolean    the internet can address it
--   host_id             varchar    Dedicated Host it runs on, null on shared hardware
--   auto_scaling_group  varchar    tag aws:autoscaling:groupName, null when it belongs to none
--   name                varchar    tag Name, null when untagged
--   environment         varchar    tag Environment, null when untagged
--   application         varchar    tag Application, null when untagged
--   owner               varchar    tag Owner, null when untagged
--   criticality         varchar    tag Criticality, null when untagged
--   patch_group         varchar    tag Patch Group or PatchGroup, null when untagged
--   observation_id      integer    observation of the listing
with tags as (
    -- several spellings live side by side; the first of each list counts
    select
        account_id, region, node_id as instance_id,
        max(case when tag_key = 'aws:autoscaling:groupName' then tag_value end) as auto_scaling_group,
        max(case when tag_key = 'Name' then tag_value end) as name,
        coalesce(
            max(case when tag_key = 'Environment' then tag_value end),
            max(case when tag_key = 'environment' then tag_value end), max(case when tag_key = 'env' then tag_value end)
        ) as environment,
        coalesce(
            max(case when tag_key = 'Application' then tag_value end),
            max(case when tag_key = 'application' then tag_value end), max(case when tag_key = 'app' then tag_value end)
        ) as application,
        coalesce(
            max(case when tag_key = 'Owner' then tag_value end), max(case when tag_key = 'owner' then tag_value end)
        ) as owner,
        coalesce(
            max(case when tag_key = 'Criticality' then tag_value end),
            max(case when tag_key = 'criticality' then tag_value end)
        ) as criticality,
        coalesce(
            max(case when tag_key = 'Patch Group' then tag_value end),
            max(case when tag_key = 'PatchGroup' then tag_value end)
        ) as patch_group
    from core.node_tag_now
    group by account_id, region, node_id
)
select
    i.account_id, i.region, i.instance_id, i.image_id, i.instance_type, i.platform_details,
    json_extract_string(i.state, '$.Name') as instance_state, i.launch_time as launched_at,
    json_extract_string(i.placement, '$.AvailabilityZone') as availability_zone, i.subnet_id,
    coalesce(i.public_ip_address, '') <> '' as has_public_address,
    json_extract_string(i.placement, '$.HostId') as host_id, t.auto_scaling_group, t.name, t.environment,
    t.application, t.owner, t.criticality, t.patch_group, i.observation_id
from raw.ec2_instance as i
left join tags as t on t.account_id = i.account_id and t.region = i.region and t.instance_id = i.instance_id
