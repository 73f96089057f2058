-- purpose: Image Builder pipelines: what each builds from and when, and how its last run went
-- inputs:  raw.imagebuilder_pipeline, core.image_recipe
-- grain:   one row per account_id, region, pipeline_arn
-- key:     account_id, region, pipeline_arn
-- columns:
--   account_id            varchar    AWS account
--   region                varchar    Region
--   pipeline_arn          varchar    pipeline
--   pipeline_name         varchar    name
--   platform              varchar    Linux, Windows or macOS
--   is_enabled            boolean    it runs by its schedule, if it has one
--   schedule_expression   varchar    its schedule, null when it runs by hand only
--   schedule_timezone     varchar    time zone of its schedule, null when UTC
--   start_condition       varchar    it runs at each time, or only for a newer parent or component; null by hand
--   recipe_arn            varchar    recipe it builds by
--   parent_image          varchar    what the recipe starts from, null where the recipe was not read
--   is_parent_pinned      boolean    the parent is of one version, whatever is newer; null where not known
--   infrastructure_arn    varchar    what it builds on
--   is_scanned            boolean    its images are scanned, null when not told
--   last_run_at           timestamp  begin of its last run [UTC], null when it never ran or that is not told
--   last_run_status       varchar    how that ended: AVAILABLE, FAILED, CANCELLED, ...; null as above
--   next_run_at           timestamp  begin of its next run [UTC], null when it runs by hand only
--   consecutive_failures  bigint     runs in a row that failed until now, null when not told
--   created_at            timestamp  creation [UTC]
--   updated_at            timestamp  last change [UTC]
--   observation_id        integer    observation of the pipelines
with pipeline as (
    select
        account_id, region, arn, name, platform, status, schedule, infrastructure_configuration_arn,
        coalesce(image_recipe_arn, container_recipe_arn) as recipe_arn, image_scanning_configuration, date_last_run,
        last_run_status, date_next_run, consecutive_failures, date_created, date_updated, observation_id
    from raw.imagebuilder_pipeline
)
select
    p.account_id, p.region, p.arn as pipeline_arn, p.name as pipeline_name, p.platform,
    p.status = 'ENABLED' as is_enabled, json_extract_string(p.schedule, '$.scheduleExpression') as schedule_expression,
    json_extract_string(p.schedule, '$.timezone') as schedule_timezone,
    json_extract_string(p.schedule, '$.pipelineExecutionStartCondition') as start_condition, p.recipe_arn,
    r.parent_image, r.is_parent_pinned, p.infrastructure_configuration_arn as infrastructure_arn,
    cast(json_extract_string(p.image_scanning_configuration, '$.imageScanningEnabled') as boolean) as is_scanned,
    try_cast(p.date_last_run as timestamp) as last_run_at, p.last_run_status,
    try_cast(p.date_next_run as timestamp) as next_run_at, p.consecutive_failures,
    try_cast(p.date_created as timestamp) as created_at, try_cast(p.date_updated as timestamp) as updated_at,
    p.observation_id
from pipeline as p
left join core.image_recipe as r
    on r.account_id = p.account_id and r.region = p.region and r.recipe_arn = p.recipe_arn
