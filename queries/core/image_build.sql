-- purpose: builds of Image Builder's pipelines: whether each came to an image, and why not
-- inputs:  raw.imagebuilder_build
-- grain:   one row per account_id, region, build_arn
-- key:     account_id, region, build_arn
-- columns:
--   account_id      varchar    AWS account
--   region          varchar    Region
--   build_arn       varchar    build
--   pipeline_arn    varchar    pipeline that ran
--   image_name      varchar    name of the image
--   build_version   varchar    version and number of the build
--   image_type      varchar    AMI or DOCKER
--   build_status    varchar    AVAILABLE, FAILED, CANCELLED, BUILDING, DEPRECATED, ...
--   status_reason   varchar    why, in the service's words; null when it says nothing
--   failed_step     varchar    step of the workflow that failed, null where none did or it is not told
--   build_type      varchar    SCHEDULED, USER_INITIATED, IMPORT, ...
--   image_ids       varchar    machine images that came of it, wherever they lie, as a JSON array; null when none
--   created_at      timestamp  begin [UTC]
--   deprecated_at   timestamp  when its images are deprecated [UTC], null when not told
--   observation_id  integer    observation of the pipeline's builds
select
    account_id, region, arn as build_arn, pipeline_arn, name as image_name, version as build_version,
    "type" as image_type, json_extract_string(state, '$.status') as build_status,
    json_extract_string(state, '$.reason') as status_reason,
    json_extract_string(state, '$.failureContext.failedStep') as failed_step, build_type,
    nullif(cast(json_extract(output_resources, '$.amis[*].image') as varchar), '[]') as image_ids,
    try_cast(date_created as timestamp) as created_at, deprecation_time as deprecated_at, observation_id
from raw.imagebuilder_build
