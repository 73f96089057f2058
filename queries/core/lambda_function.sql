-- purpose: Lambda functions as they were last deployed: runtime, who updates it, and of an image its digest
-- inputs:  raw.lambda_function, raw.lambda_runtime_management
-- grain:   one row per account_id, region, function_name
-- key:     account_id, region, function_name
-- columns:
--   account_id           varchar    AWS account
--   region               varchar    Region
--   function_name        varchar    function
--   function_arn         varchar    its ARN, without a version
--   package_type         varchar    Zip or Image
--   runtime              varchar    identifier of the runtime, null of an image
--   architecture         varchar    x86_64 or arm64
--   image_digest         varchar    digest of the image it was deployed with, null of a zip
--   code_sha256          varchar    hash of the code, as the API gave it
--   layer_count          bigint     layers it uses
--   version_count        bigint     published versions
--   runtime_update_mode  varchar    Auto (AWS), FunctionUpdate (a deployment) or Manual (pinned), null when not told
--   runtime_version_arn  varchar    runtime version it is pinned to, null when not pinned
--   last_modified_at     timestamp  last change of code or configuration [UTC]
--   observation_id       integer    observation of the listing
with version_counts as (
    select account_id, region, function_name, count(*) as version_count
    from raw.lambda_function
    where version <> '$LATEST'
    group by account_id, region, function_name
)
select
    f.account_id, f.region, f.function_name, replace(f.function_arn, ':$LATEST', '') as function_arn,
    coalesce(f.package_type, 'Zip') as package_type, f.runtime,
    json_extract_string(f.architectures, '$[0]') as architecture,
    case when f.package_type = 'Image' then 'sha256:' || f.code_sha_256 end as image_digest,
    f.code_sha_256 as code_sha256,
    cast(coalesce(json_array_length(f.layers), 0) as bigint) as layer_count,
    coalesce(v.version_count, 0) as version_count, m.update_runtime_on as runtime_update_mode, m.runtime_version_arn,
    try_cast(f.last_modified as timestamp) as last_modified_at, f.observation_id
from raw.lambda_function as f
left join version_counts as v
    on v.account_id = f.account_id and v.region = f.region and v.function_name = f.function_name
left join raw.lambda_runtime_management as m
    on m.account_id = f.account_id and m.region = f.region and m.function_name = f.function_name
where f.version = '$LATEST'
