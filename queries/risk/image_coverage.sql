-- purpose: what do we know of each container image, as the first coverage state that fits it?
-- inputs:  core.ecr_image, core.ecr_image_scan, core.ecr_repository, core.ecr_scan_setting, core.inspector_coverage,
--          fleet/ledger
-- grain:   one row per account_id, region, asset_id; indexes of images and artifacts left out
-- params:
--   as_of             timestamp  report instant [UTC]
--   stale_after_days  integer    a scan older than this no longer counts [d]
-- columns:
--   account_id       varchar    AWS account
--   region           varchar    Region
--   asset_id         varchar    repository@digest
--   repository_name  varchar    repository
--   image_digest     varchar    digest of the image
--   tags             varchar    its tags, '; ' between, null when none names it
--   environment      varchar    tag Environment of the repository, unknown when untagged
--   owner            varchar    tag Owner of the repository, null when untagged
--   scanner          varchar    Inspector or ECR, by the registry's setting; null when it could not be read
--   scan_frequency   varchar    CONTINUOUS_SCAN, SCAN_ON_PUSH or MANUAL; null when it could not be read
--   scan_status      varchar    the scanner's own word, null when it has none
--   scanned_at       timestamp  last look [UTC], null when none is known
--   scan_age_days    double     time since then [d], null when no look is known
--   pushed_at        timestamp  push [UTC]
--   last_pulled_at   timestamp  last pull that ECR recorded [UTC], null when none is recorded
--   is_in_use        boolean    tasks of ECS or pods of EKS run it; null unknown
--   coverage_state   varchar    first of the seven coverage states of images that fits
with dark as (
    -- of repositories of which one is refused by itself, the others are listed
    select account_id, region, count(1) filter (
            where source = 'ecr_repository' or (source = 'ecr_image' and state <> 'partial')) > 0 as is_unlisted,
        count(1) filter (where source = 'ecr_image_scan') > 0 as is_ecr_dark,
        count(1) filter (where source = 'inspector2_coverage') > 0 as is_inspector_dark
    from fleet_ledger
    where not is_readable and source in ('ecr_repository', 'ecr_image', 'ecr_image_scan', 'inspector2_coverage')
    group by account_id, region
),
inspected as (
    select account_id, region, resource_id as image_arn, max(scan_reason) as scan_status,
        max(last_scanned_at) as scanned_at
    from core.inspector_coverage
    where resource_type = 'AWS_ECR_CONTAINER_IMAGE' and valid_from <= $as_of and valid_to > $as_of
    group by account_id, region, resource_id
),
told as (
    select i.account_id, i.region, i.repository_name, i.image_digest, i.image_ref as asset_id, i.tags, i.pushed_at,
        i.last_pulled_at, i.is_in_use, s.scan_frequency,
        case s.scan_type when 'ENHANCED' then 'Inspector' when 'BASIC' then 'ECR' end as scanner,
        case when s.scan_type = 'ENHANCED' then n.scan_status else e.scan_status end as scan_status,
        case when s.scan_type = 'ENHANCED' then n.scanned_at else e.scanned_at end as scanned_at,
        coalesce(s.scan_type, 'BASIC') = 'BASIC' and e.image_digest is null as is_unasked,
        case when s.scan_type = 'ENHANCED' then n.image_arn is null and coalesce(d.is_inspector_dark, false)
            else e.image_digest is null and coalesce(d.is_ecr_dark, false) end
        or coalesce(d.is_unlisted, false) as is_dark,
        case when s.scan_type = 'ENHANCED' then n.scan_status like 'UNSUPPORTED%' or n.scan_status like '%EXCEEDED'
            else e.scan_status in ('UNSUPPORTED_IMAGE', 'IMAGE_SIZE_EXCEEDED') or e.status_text like 'Unsupported%'
        end as is_unsupported
    from core.ecr_image as i
    left join core.ecr_scan_setting as s
        on s.account_id = i.account_id and s.region = i.region and s.repository_name = i.repository_name
        and s.valid_from <= $as_of and s.valid_to > $as_of
    left join inspected as n on n.account_id = i.account_id and n.region = i.region and n.image_arn = i.image_arn
    left join core.ecr_image_scan as e
        on e.account_id = i.account_id and e.region = i.region and e.repository_name = i.repository_name
        and e.image_digest = i.image_digest and e.valid_from <= $as_of and e.valid_to > $as_of
    left join dark as d on d.account_id = i.account_id and d.region = i.region
    where i.image_kind = 'image' and i.valid_from <= $as_of and i.valid_to > $as_of
)
select
    t.account_id, t.region, t.asset_id, t.repository_name, t.image_digest, t.tags,
    coalesce(r.environment, 'unknown') as environment, r.owner, t.scanner, t.scan_frequency, t.scan_status,
    t.scanned_at, date_diff('second', t.scanned_at, $as_of) / 86400.0 as scan_age_days, t.pushed_at, t.last_pulled_at,
    t.is_in_use, case when t.is_dark then 'not readable'
        when t.scanned_at is null and t.scan_frequency = 'MANUAL' then 'scanning off'
        when t.is_unsupported then 'unsupported' when t.is_unasked then 'not asked'
        when t.scanned_at is null then 'never scanned'
        when date_diff('second', t.scanned_at, $as_of) > $stale_after_days * 86400 then 'stale' else 'fresh'
    end as coverage_state
from told as t left join core.ecr_repository as r
    on r.account_id = t.account_id and r.region = t.region and r.repository_name = t.repository_name
    and r.valid_from <= $as_of and r.valid_to > $as_of
order by t.account_id, t.region, t.asset_id
