-- purpose: container images that can be pulled, one row for each digest in a repository, whatever its tags
-- inputs:  raw.ecr_image, raw.inspector2_coverage, core.ecr_image_tag_now
-- grain:   one row per account_id, region, repository_name, image_digest
-- key:     account_id, region, repository_name, image_digest
-- latest:  last_pulled_at, in_use_count, last_in_use_at
-- columns:
--   account_id       varchar    AWS account
--   region           varchar    Region
--   repository_name  varchar    repository
--   image_digest     varchar    digest of its manifest, sha256:...
--   image_ref        varchar    repository@digest: names it among the assets of the risk topic
--   image_arn        varchar    how Inspector names it
--   image_kind       varchar    image; index of the images for several architectures; artifact such as a signature
--   media_type       varchar    of the manifest, null when not told
--   subject_digest   varchar    what an artifact is attached to, null when nothing
--   tags             varchar    its tags in order, '; ' between, null when none names it
--   size_bytes       bigint     as it lies in the repository, of an index its largest image [bytes]
--   pushed_at        timestamp  push [UTC]
--   last_pulled_at   timestamp  last pull that ECR recorded, told up to a day late [UTC]; null when none is recorded
--   is_in_use        boolean    Inspector counts tasks of ECS or pods of EKS that run it; null unknown, never false
--   in_use_count     bigint     that count [tasks and pods], null when Inspector does not tell
--   last_in_use_at   timestamp  when Inspector last saw it run [UTC], null when it does not tell
--   observation_id   integer    observation of the repository's listing
with named as (
    select account_id, region, repository_name, image_digest, string_agg(image_tag, '; ' order by image_tag) as tags
    from core.ecr_image_tag_now
    group by account_id, region, repository_name, image_digest
),
used as (
    -- Lambda, and clusters elsewhere, it does not count: a count of none is no proof that nothing runs it
    select account_id, region, resource_id,
        max(cast(json_extract_string(resource_metadata, '$.ecrImage.inUseCount') as bigint)) as in_use_count,
        max(try_cast(json_extract_string(resource_metadata, '$.ecrImage.lastInUseAt') as timestamp)) as last_in_use_at
    from raw.inspector2_coverage
    where resource_type = 'AWS_ECR_CONTAINER_IMAGE'
    group by account_id, region, resource_id
),
image as (
    select
        account_id, region, repository_name, image_digest, repository_name || '@' || image_digest as image_ref,
        case when region like 'cn-%' then 'arn:aws-cn:ecr:' when region like 'us-gov-%' then 'arn:aws-us-gov:ecr:'
            else 'arn:aws:ecr:' end
        || region || ':' || account_id || ':repository/' || repository_name || '/' || image_digest as image_arn,
        case
            when image_manifest_media_type in (
                'application/vnd.docker.distribution.manifest.list.v2+json', 'application/vnd.oci.image.index.v1+json'
            ) then 'index'
            when subject_manifest_digest is not null or artifact_media_type not in (
                'application/vnd.docker.container.image.v1+json', 'application/vnd.oci.image.config.v1+json'
            ) then 'artifact'
            else 'image'
        end as image_kind,
        image_manifest_media_type as media_type, subject_manifest_digest as subject_digest,
        image_size_in_bytes as size_bytes, image_pushed_at as pushed_at, last_recorded_pull_time as last_pulled_at,
        observation_id
    from raw.ecr_image
)
select
    i.account_id, i.region, i.repository_name, i.image_digest, i.image_ref, i.image_arn, i.image_kind, i.media_type,
    i.subject_digest, n.tags, i.size_bytes, i.pushed_at, i.last_pulled_at,
    case when u.in_use_count > 0 then true end as is_in_use, u.in_use_count, u.last_in_use_at, i.observation_id
from image as i
left join named as n
    on n.account_id = i.account_id and n.region = i.region and n.repository_name = i.repository_name
    and n.image_digest = i.image_digest
left join used as u on u.account_id = i.account_id and u.region = i.region and u.resource_id = i.image_arn
