-- purpose: what Systems Manager itself says of each node's compliance, and which execution wrote it
-- inputs:  raw.ssm_resource_compliance
-- grain:   one row per account_id, region, node_id, compliance_type
-- key:     account_id, region, node_id, compliance_type
-- columns:
--   account_id           varchar    AWS account
--   region               varchar    Region
--   node_id              varchar    EC2 instance id or hybrid managed node id
--   compliance_type      varchar    Patch, Association or a Custom: type
--   aws_status           varchar    COMPLIANT or NON_COMPLIANT, as AWS labels it
--   overall_severity     varchar    highest severity among the open items, UNSPECIFIED when none is given
--   execution_at         timestamp  when the execution that wrote it was captured [UTC], null when not told
--   execution_id         varchar    execution that wrote it (a command id for patches), null when not told
--   execution_type       varchar    kind of execution, such as Command; null when not told
--   compliant_count      bigint     items that comply [items], null when not told
--   non_compliant_count  bigint     items that do not [items], null when not told
--   critical_count       bigint     of these of severity Critical [items], null when not told
--   high_count           bigint     of these of severity High [items], null when not told
--   observation_id       integer    observation of the listing
select
    account_id, region, resource_id as node_id, compliance_type, status as aws_status, overall_severity,
    cast(json_extract_string(execution_summary, '$.ExecutionTime') as timestamp) as execution_at,
    nullif(json_extract_string(execution_summary, '$.ExecutionId'), '') as execution_id,
    nullif(json_extract_string(execution_summary, '$.ExecutionType'), '') as execution_type,
    cast(json_extract_string(compliant_summary, '$.CompliantCount') as bigint) as compliant_count,
    cast(json_extract_string(non_compliant_summary, '$.NonCompliantCount') as bigint) as non_compliant_count,
    cast(json_extract_string(non_compliant_summary, '$.SeveritySummary.CriticalCount') as bigint) as critical_count,
    cast(json_extract_string(non_compliant_summary, '$.SeveritySummary.HighCount') as bigint) as high_count,
    observation_id
from raw.ssm_resource_compliance
-- "ManagedInstance is currently the only supported resource type" (API reference, PutComplianceItems)
where coalesce(resource_type, 'ManagedInstance') = 'ManagedInstance'
