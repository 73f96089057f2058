-- purpose: published versions of Lambda functions, each fixed as it was published
-- inputs:  raw.lambda_function
-- grain:   one row per account_id, region, function_name, function_version
-- key:     account_id, region, function_name, function_version
-- columns:
--   account_id        varchar    AWS account
--   region            varchar    Region
--   function_name     varchar    function
--   function_version  varchar    number of the version
--   package_type      varchar    Zip or Image
--   runtime           varchar    identifier of the runtime, null of an image
--   image_digest      varchar    digest of the image it was published with, null of a zip
--   code_sha256       varchar    hash of the code, as the API gave it
--   last_modified_at  timestamp  last change before it was published [UTC]
--   observation_id    integer    observation of the listing
select
    account_id, region, function_name, version as function_version, coalesce(package_type, 'Zip') as package_type,
    runtime, case when package_type = 'Image' then 'sha256:' || code_sha_256 end as image_digest,
    code_sha_256 as code_sha256,
    try_cast(last_modified as timestamp) as last_modified_at, observation_id
from raw.lambda_function
where version <> '$LATEST'
