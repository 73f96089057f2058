-- purpose: containers of the task definitions in use, each with its image as it is named there
-- inputs:  raw.ecs_task_definition
-- grain:   one row per account_id, region, task_definition_arn, container_name
-- key:     account_id, region, task_definition_arn, container_name
-- columns:
--   account_id           varchar    AWS account
--   region               varchar    Region
--   task_definition_arn  varchar    task definition with its revision
--   container_name       varchar    container in it
--   family               varchar    its family
--   revision             bigint     its revision
--   is_essential         boolean    the task ends when this container does
--   image                varchar    image as it is named: by tag, by digest, or by neither
--   image_tag            varchar    tag, latest where none is named; null where a digest is
--   image_digest         varchar    digest, null where none is named
--   cpu_architecture     varchar    X86_64 or ARM64, null when not told
--   operating_system     varchar    LINUX or a version of Windows Server, null when not told
--   registered_at        timestamp  when the revision was made [UTC]
--   observation_id       integer    observation of the task definition
with each_one as (
    select
        account_id, region, task_definition_arn, family, revision, runtime_platform, registered_at, observation_id,
        unnest(cast(container_definitions as json[])) as container
    from raw.ecs_task_definition
    where container_definitions is not null
),
named as (
    select
        account_id, region, task_definition_arn, family, revision, runtime_platform, registered_at, observation_id,
        json_extract_string(container, '$.name') as container_name,
        coalesce(cast(json_extract_string(container, '$.essential') as boolean), true) as is_essential,
        json_extract_string(container, '$.image') as image
    from each_one
)
select
    account_id, region, task_definition_arn, container_name, family, revision, is_essential, image,
    -- the port of a registry is no tag: a tag has no slash after it
    case when image not like '%@%' then coalesce(nullif(regexp_extract(image, ':([^/:]+)$', 1), ''), 'latest') end
        as image_tag, nullif(regexp_extract(image, '@(sha256:[0-9a-f]+)$', 1), '') as image_digest,
    json_extract_string(runtime_platform, '$.cpuArchitecture') as cpu_architecture,
    json_extract_string(runtime_platform, '$.operatingSystemFamily') as operating_system, registered_at, observation_id
from named
