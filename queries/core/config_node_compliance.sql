-- purpose: what AWS Config's rules about patching say of each node
-- inputs:  raw.config_rule_result, raw.config_rule
-- grain:   one row per account_id, region, node_id, rule_name
-- key:     account_id, region, node_id, rule_name
-- columns:
--   account_id         varchar    AWS account
--   region             varchar    Region
--   node_id            varchar    EC2 instance id or hybrid managed node id
--   rule_name          varchar    rule; several may be instances of one managed rule
--   source_identifier  varchar    managed rule it is an instance of: what is judged
--   compliance_type    varchar    COMPLIANT, NON_COMPLIANT, NOT_APPLICABLE or INSUFFICIENT_DATA: AWS Config's label
--   annotation         varchar    what the rule adds, null when nothing
--   result_at          timestamp  when AWS Config noted it [UTC]: of what was last recorded, not of today
--   observation_id     integer    observation of the rule's results
with result as (
    select
        account_id, region, config_rule_name, compliance_type, nullif(annotation, '') as annotation,
        result_recorded_time, observation_id,
        json_extract_string(evaluation_result_identifier, '$.EvaluationResultQualifier.ResourceId') as resource_id
    from raw.config_rule_result
),
named as (
    -- what Systems Manager says of a node is recorded as AWS::SSM::ManagedInstanceInventory/<node>
    select account_id, region, config_rule_name, compliance_type, annotation, result_recorded_time, observation_id,
        split_part(resource_id, '/', -1) as node_id
    from result
),
ranked as (
    select account_id, region, node_id, config_rule_name, compliance_type, annotation, result_recorded_time,
        observation_id, row_number() over (
            partition by account_id, region, node_id, config_rule_name
            order by result_recorded_time desc, compliance_type desc
        ) as choice
    from named
    where node_id like 'i-%' or node_id like 'mi-%'
)
select
    n.account_id, n.region, n.node_id, n.config_rule_name as rule_name,
    json_extract_string(r.source, '$.SourceIdentifier') as source_identifier, n.compliance_type, n.annotation,
    n.result_recorded_time as result_at, n.observation_id
from ranked as n
inner join raw.config_rule as r
    on r.account_id = n.account_id and r.region = n.region and r.config_rule_name = n.config_rule_name
where n.choice = 1
