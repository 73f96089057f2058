-- purpose: aliases of Lambda functions: which published version callers reach
-- inputs:  raw.lambda_alias
-- grain:   one row per account_id, region, function_name, alias_name
-- key:     account_id, region, function_name, alias_name
-- columns:
--   account_id          varchar  AWS account
--   region              varchar  Region
--   function_name       varchar  function
--   alias_name          varchar  alias
--   function_version    varchar  version it points to, '$LATEST' where to what is not published
--   additional_weights  varchar  share of calls by further version, as JSON; null where it points to one only
--   observation_id      integer  observation of the function's aliases
select
    account_id, region, function_name, name as alias_name, function_version,
    nullif(cast(json_extract(routing_config, '$.AdditionalVersionWeights') as varchar), '{}') as additional_weights,
    observation_id
from raw.lambda_alias
