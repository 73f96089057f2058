-- purpose: which version of which layer a Lambda function uses, and how many newer ones there are
-- inputs:  raw.lambda_function, raw.lambda_layer_version
-- grain:   one row per account_id, region, function_name, function_version, layer_version_arn
-- key:     account_id, region, function_name, function_version, layer_version_arn
-- columns:
--   account_id         varchar  AWS account
--   region             varchar  Region
--   function_name      varchar  function
--   function_version   varchar  version of the function, '$LATEST' for what is not published
--   layer_version_arn  varchar  version of the layer it uses
--   layer_arn          varchar  layer, maybe of another account
--   layer_version      bigint   number of the version
--   newer_count        bigint   newer versions of the layer, null where its account's layers are not read
--   observation_id     integer  observation of the listing of functions
with used as (
    select
        account_id, region, function_name, version as function_version, observation_id,
        json_extract_string(unnest(cast(layers as json[])), '$.Arn') as layer_version_arn
    from raw.lambda_function
    where layers is not null
),
named as (
    select
        account_id, region, function_name, function_version, observation_id, layer_version_arn,
        regexp_replace(layer_version_arn, ':[0-9]+$', '') as layer_arn,
        cast(regexp_extract(layer_version_arn, '[0-9]+$') as bigint) as layer_version
    from used
),
-- the layer of another account is seen where that account is read; each ARN stands once
known as (
    select distinct layer_arn, version from raw.lambda_layer_version
),
newer as (
    select n.layer_version_arn, count(*) filter (where k.version > n.layer_version) as newer_count
    from (select distinct layer_version_arn, layer_arn, layer_version from named) as n
    inner join known as k on k.layer_arn = n.layer_arn
    group by n.layer_version_arn
)
select
    n.account_id, n.region, n.function_name, n.function_version, n.layer_version_arn, n.layer_arn, n.layer_version,
    w.newer_count, n.observation_id
from named as n
left join newer as w on w.layer_version_arn = n.layer_version_arn
