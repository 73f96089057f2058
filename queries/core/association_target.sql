-- purpose: how executions of associations went on each node: of those that patch, and where another did not succeed
-- inputs:  raw.ssm_association_target
-- grain:   one row per account_id, region, association_id, association_execution_id, resource_id, resource_type
-- key:     account_id, region, association_id, association_execution_id, resource_id, resource_type
-- columns:
--   account_id                varchar    AWS account
--   region                    varchar    Region
--   association_id            varchar    association
--   association_execution_id  varchar    execution
--   resource_id               varchar    node id where resource_type is ManagedInstance
--   resource_type             varchar    ManagedInstance, or what else an association reached
--   status                    varchar    how it went
--   detailed_status           varchar    the same in more words
--   executed_at               timestamp  last report [UTC], null before it
--   output_source_type        varchar    where details are kept, such as RunCommand; null when not told
--   output_source_id          varchar    command or automation that holds them, null when not told
--   observation_id            integer    observation of the execution
select
    account_id, region, association_id, execution_id as association_execution_id, resource_id, resource_type, status,
    detailed_status, last_execution_date as executed_at,
    json_extract_string(output_source, '$.OutputSourceType') as output_source_type,
    json_extract_string(output_source, '$.OutputSourceId') as output_source_id, observation_id
from raw.ssm_association_target
