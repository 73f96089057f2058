-- purpose: the software on each node as inventory last collected it
-- inputs:  raw.ssm_inventory
-- grain:   one row per account_id, region, node_id, application_name, application_version, architecture
-- key:     account_id, region, node_id, application_name, application_version, architecture
-- columns:
--   account_id           varchar    AWS account
--   region               varchar    Region
--   node_id              varchar    EC2 instance id or hybrid managed node id
--   application_name     varchar    name of the application or package
--   application_version  varchar    version, with the release of an rpm package behind a dash; unknown when not told
--   architecture         varchar    processor architecture, unknown when not told
--   publisher            varchar    publisher, null when not told
--   is_microsoft         boolean    published by Microsoft, null when no publisher is told
--   application_type     varchar    kind of software or package group, null when not told
--   installed_at         timestamp  installation [UTC], null when not told or not an instant
--   captured_at          timestamp  when it was collected [UTC], null when not told
--   observation_id       integer    observation of the listing
with entity as (
    select
        account_id, region, id as node_id, observation_id,
        cast(nullif(json_extract_string(data, '$."AWS:Application".CaptureTime'), '') as timestamp) as captured_at,
        unnest(from_json(json_extract(data, '$."AWS:Application".Content'), '[{"Name": "VARCHAR", "Version": "VARCHAR",
            "Release": "VARCHAR", "Architecture": "VARCHAR", "Publisher": "VARCHAR", "ApplicationType": "VARCHAR",
            "InstalledTime": "VARCHAR"}]')) as body
    from raw.ssm_inventory
),
named as (
    select
        account_id, region, node_id, body."Name" as application_name,
        coalesce(nullif(body."Version", ''), 'unknown')
        || case when nullif(body."Release", '') is not null then '-' || body."Release" else '' end
            as application_version,
        coalesce(nullif(body."Architecture", ''), 'unknown') as architecture,
        nullif(body."Publisher", '') as publisher, nullif(body."ApplicationType", '') as application_type,
        try_cast(body."InstalledTime" as timestamp) as installed_at, captured_at, observation_id
    from entity
    where nullif(body."Name", '') is not null
),
ranked as (
    -- Windows lists some software once per user or language: one row is enough, the one installed last
    select
        account_id, region, node_id, application_name, application_version, architecture, publisher,
        application_type, installed_at, captured_at, observation_id,
        row_number() over (
            partition by account_id, region, node_id, application_name, application_version, architecture
            order by installed_at desc nulls last, publisher, application_type
        ) as choice
    from named
)
select
    account_id, region, node_id, application_name, application_version, architecture, publisher,
    publisher like 'Microsoft%' as is_microsoft, application_type, installed_at, captured_at, observation_id
from ranked
where choice = 1
