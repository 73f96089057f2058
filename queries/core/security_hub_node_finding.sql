-- purpose: what Security Hub's controls about patching say of each node, and what was decided about it
-- inputs:  raw.securityhub_finding
-- grain:   one row per account_id, region, node_id, finding_id
-- key:     account_id, region, node_id, finding_id
-- columns:
--   account_id         varchar    AWS account that the finding is about
--   region             varchar    Region
--   node_id            varchar    EC2 instance id or hybrid managed node id
--   finding_id         varchar    finding
--   control_id         varchar    control, such as SSM.2
--   compliance_status  varchar    PASSED, FAILED, WARNING or NOT_AVAILABLE
--   workflow_status    varchar    NEW, NOTIFIED, SUPPRESSED or RESOLVED: what somebody decided
--   record_state       varchar    ACTIVE, or ARCHIVED once what it is about is gone
--   severity_label     varchar    severity of the control where it failed, INFORMATIONAL where it passed
--   created_at         timestamp  when it was first made [UTC]
--   updated_at         timestamp  last change, or last check that changed nothing [UTC]
--   observation_id     integer    observation of the listing
with resource as (
    select
        coalesce(aws_account_id, account_id) as account_id, region, id, compliance, workflow, record_state, severity,
        created_at, updated_at, observation_id, product_fields, unnest(json_extract(resources, '$[*]')) as resource
    from raw.securityhub_finding
),
named as (
    -- whatever the resource is, instance or what Systems Manager says of one, its ARN ends with the node
    select account_id, region, id, compliance, workflow, record_state, severity, created_at, updated_at,
        observation_id, product_fields, split_part(json_extract_string(resource, '$.Id'), '/', -1) as node_id
    from resource
),
ranked as (
    select account_id, region, node_id, id, compliance, workflow, record_state, severity, created_at, updated_at,
        observation_id, product_fields, row_number() over (
            partition by account_id, region, node_id, id order by updated_at desc, observation_id desc
        ) as choice
    from named
    where node_id like 'i-%' or node_id like 'mi-%'
)
select
    account_id, region, node_id, id as finding_id,
    coalesce(
        json_extract_string(compliance, '$.SecurityControlId'), json_extract_string(product_fields, '$.ControlId')
    ) as control_id,
    json_extract_string(compliance, '$.Status') as compliance_status,
    json_extract_string(workflow, '$.Status') as workflow_status, record_state,
    json_extract_string(severity, '$.Label') as severity_label, try_cast(created_at as timestamp) as created_at,
    try_cast(updated_at as timestamp) as updated_at, observation_id
from ranked
where choice = 1
