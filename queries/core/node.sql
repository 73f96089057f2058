-- purpose: everything that should be patched: EC2 instances and hybrid nodes, managed or not
-- inputs:  core.instance_now, core.managed_node_now, core.node_scan_now, core.node_tag_set_now, core.observation,
--          core.supported_os, core.os_lifecycle
-- grain:   one row per account_id, region, node_id; terminated instances left out
-- key:     account_id, region, node_id
-- columns:
--   account_id           varchar    AWS account
--   region               varchar    Region
--   node_id              varchar    EC2 instance id or hybrid managed node id
--   node_kind            varchar    ec2 or hybrid
--   name                 varchar    tag Name, for a hybrid node its given name; null when it has none
--   environment          varchar    tag Environment, null when untagged or its tags are not told
--   application          varchar    tag Application, null when untagged or its tags are not told
--   owner                varchar    tag Owner, null when untagged or its tags are not told
--   criticality          varchar    tag Criticality, null when untagged or its tags are not told
--   patch_group          varchar    tag Patch Group, for a hybrid node that of its last scan; null when none
--   platform             varchar    display name of the operating system, unknown when nothing tells it
--   operating_system     varchar    operating system as Systems Manager spells it, null when unknown
--   platform_name        varchar    operating system as the agent reports it, null when unmanaged
--   platform_version     varchar    its version, null when unmanaged
--   is_supported_os      boolean    Patch Manager patches this operating system, null when unknown
--   end_of_support_date  date       last day of vendor support, null when unknown
--   instance_state       varchar    EC2 state, stopped where a data sync bucket says so; else null when EC2 is silent
--   is_managed           boolean    Systems Manager manages it
--   ping_status          varchar    Online, ConnectionLost or Inactive, null when unmanaged
--   launched_at          timestamp  last launch [UTC], null for a hybrid node
--   image_id             varchar    image it was launched from, null for a hybrid node
--   instance_type        varchar    instance type, null for a hybrid node
--   auto_scaling_group   varchar    Auto Scaling group, null when it belongs to none
--   observation_id       integer    observation of the instance, for a hybrid node of the managed node
with asset as (
    select coalesce(i.account_id, m.account_id) as account_id, coalesce(i.region, m.region) as region,
        coalesce(i.instance_id, m.node_id) as node_id, i.instance_id, m.node_id as managed_id, i.name, m.node_name,
        i.environment, i.application, i.owner, i.criticality, i.patch_group, i.platform_details, m.platform_name,
        m.platform_version, m.ping_status, i.launched_at, i.image_id, i.instance_type, i.auto_scaling_group,
        coalesce(i.instance_state, case m.instance_status when 'Stopped' then 'stopped' end) as instance_state,
        m.resource_type, coalesce(i.observation_id, m.observation_id) as observation_id
    from core.instance_now as i full join core.managed_node_now as m
        on m.account_id = i.account_id and m.region = i.region and m.node_id = i.instance_id
),
platform as (
    select a.account_id, a.region, a.node_id, s.platform, s.operating_system, s.is_supported, row_number() over (
        partition by a.account_id, a.region, a.node_id order by s.precedence, s.name_pattern
    ) as choice
    from asset as a
    inner join core.supported_os as s
        on (s.described_by = 'PlatformName' and a.platform_name like s.name_pattern
            and coalesce(a.platform_version, '') || '.' like s.version_pattern)
        or (s.described_by = 'PlatformDetails' and a.platform_name is null and a.platform_details like s.name_pattern)
),
lifecycle as (
    -- the dot behind the version keeps 2 from matching 2023
    select a.account_id, a.region, a.node_id, l.end_of_support_date, row_number() over (
        partition by a.account_id, a.region, a.node_id order by length(l.platform_name_pattern) desc, l.release
    ) as choice
    from asset as a
    inner join core.os_lifecycle as l
        on a.platform_name like l.platform_name_pattern and a.platform_version || '.' like l.platform_version_pattern
)
select a.account_id, a.region, a.node_id,
    case when coalesce(a.instance_id, a.resource_type, '') in ('', 'ManagedInstance') then 'hybrid' else 'ec2' end
        as node_kind, coalesce(a.name, t.name, a.node_name) as name,
    coalesce(a.environment, t.environment) as environment, coalesce(a.application, t.application) as application,
    coalesce(a.owner, t.owner) as owner, coalesce(a.criticality, t.criticality) as criticality,
    coalesce(a.patch_group, t.patch_group, case when a.instance_id is null then s.patch_group end) as patch_group,
    coalesce(p.platform, a.platform_name, 'unknown') as platform, p.operating_system, a.platform_name,
    a.platform_version, p.is_supported as is_supported_os, l.end_of_support_date, a.instance_state,
    a.managed_id is not null as is_managed, a.ping_status, a.launched_at, a.image_id, a.instance_type,
    coalesce(a.auto_scaling_group, t.auto_scaling_group) as auto_scaling_group, a.observation_id
from asset as a left join platform as p
    on p.account_id = a.account_id and p.region = a.region and p.node_id = a.node_id and p.choice = 1
left join lifecycle as l
    on l.account_id = a.account_id and l.region = a.region and l.node_id = a.node_id and l.choice = 1
left join core.node_scan_now as s on s.account_id = a.account_id and s.region = a.region and s.node_id = a.node_id
left join core.node_tag_set_now as t on t.account_id = a.account_id and t.region = a.region and t.node_id = a.node_id
-- Systems Manager lists an instance for a while after EC2, once read, has forgotten it
where coalesce(a.instance_state, '') <> 'terminated' and not (
    a.resource_type = 'EC2Instance' and a.instance_id is null and a.ping_status <> 'Online'
    and (a.account_id, a.region) in (select (account_id, region) from core.observation where source = 'ec2_instance')
)
