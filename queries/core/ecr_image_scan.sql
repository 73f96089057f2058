-- purpose: how ECR's own scan of each image ended, of the images that it was asked about
-- inputs:  raw.ecr_image_scan
-- grain:   one row per account_id, region, repository_name, image_digest
-- key:     account_id, region, repository_name, image_digest
-- columns:
--   account_id         varchar    AWS account
--   region             varchar    Region
--   repository_name    varchar    repository
--   image_digest       varchar    digest of the image
--   scan_status        varchar    as ECR spells it (COMPLETE, FAILED, UNSUPPORTED_IMAGE, ...); null: never scanned
--   status_text        varchar    ECR's words on it, null when none
--   scanned_at         timestamp  end of the last scan [UTC], null when none was completed
--   source_updated_at  timestamp  state of the vulnerabilities that it knew [UTC], null when not told
--   finding_count      bigint     findings of that scan [findings], null when none was completed
--   observation_id     integer    observation of the answer
with page as (
    -- one row a page; where there never was a scan, the answer has no member at all
    select
        account_id, region, split_part(item, '@', 1) as repository_name, split_part(item, '@', 2) as image_digest,
        json_extract_string(image_scan_status, '$.status') as scan_status,
        json_extract_string(image_scan_status, '$.description') as status_text,
        try_cast(json_extract_string(image_scan_findings, '$.imageScanCompletedAt') as timestamp) as scanned_at,
        try_cast(json_extract_string(image_scan_findings, '$.vulnerabilitySourceUpdatedAt') as timestamp)
            as source_updated_at,
        coalesce(json_array_length(image_scan_findings, '$.findings'), 0)
        + coalesce(json_array_length(image_scan_findings, '$.enhancedFindings'), 0) as finding_count,
        observation_id
    from raw.ecr_image_scan
)
select
    account_id, region, repository_name, image_digest, max(scan_status) as scan_status,
    max(status_text) as status_text, max(scanned_at) as scanned_at, max(source_updated_at) as source_updated_at,
    case when max(scanned_at) is not null then cast(sum(finding_count) as bigint) end as finding_count,
    max(observation_id) as observation_id
from page
group by account_id, region, repository_name, image_digest
