-- purpose: rules of AWS Config, and who made them
-- inputs:  raw.config_rule
-- grain:   one row per account_id, region, rule_name
-- key:     account_id, region, rule_name
-- columns:
--   account_id         varchar  AWS account
--   region             varchar  Region
--   rule_name          varchar  rule; conformance packs and Security Hub give names of their own
--   source_owner       varchar  AWS, CUSTOM_LAMBDA or CUSTOM_POLICY
--   source_identifier  varchar  managed rule behind it, such as EC2_INSTANCE_MANAGED_BY_SSM; of an own rule its function
--   rule_state         varchar  ACTIVE, DELETING, DELETING_RESULTS or EVALUATING
--   created_by         varchar  service that made it (config-conforms, securityhub), null when the account did
--   observation_id     integer  observation of the listing
select
    account_id, region, config_rule_name as rule_name, json_extract_string(source, '$.Owner') as source_owner,
    json_extract_string(source, '$.SourceIdentifier') as source_identifier, config_rule_state as rule_state,
    nullif(replace(created_by, '.amazonaws.com', ''), '') as created_by, observation_id
from raw.config_rule
