-- purpose: EC2 instances, terminated ones as long as EC2 lists them, with the tags patching reads
-- inputs:  raw.ec2_instance, core.node_tag_set_now
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
select
    i.account_id, i.region, i.instance_id, i.image_id, i.instance_type, i.platform_details,
    json_extract_string(i.state, '$.Name') as instance_state, i.launch_time as launched_at,
    json_extract_string(i.placement, '$.AvailabilityZone') as availability_zone, i.subnet_id,
    coalesce(i.public_ip_address, '') <> '' as has_public_address,
    json_extract_string(i.placement, '$.HostId') as host_id, t.auto_scaling_group, t.name, t.environment,
    t.application, t.owner, t.criticality, t.patch_group, i.observation_id
from raw.ec2_instance as i
left join core.node_tag_set_now as t
    on t.account_id = i.account_id and t.region = i.region and t.node_id = i.instance_id
