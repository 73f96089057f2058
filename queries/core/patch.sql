-- purpose: patches with their release, as Systems Manager lists them: Windows, Amazon Linux 1 and 2 only
-- inputs:  raw.ssm_available_patch, core.supported_os
-- grain:   one row per operating_system, patch_ref
-- key:     operating_system, patch_ref
-- columns:
--   operating_system  varchar    operating system as Systems Manager spells it
--   patch_ref         varchar    KB number, else name.arch:epoch:version-release
--   released_at       timestamp  vendor release [UTC], of several products the first
--   product           varchar    product it is for, of several the first released
--   classification    varchar    vendor classification, null when none is given
--   severity          varchar    vendor severity, null when none is given
--   advisory_ids      varchar    advisories as a JSON array, null when none
--   source            varchar    operation that listed it
--   observation_id    integer    observation of the listing
with listed as (
    select
        case when nullif(p.kb_number, '') is not null then 'WINDOWS' else s.operating_system end as operating_system,
        case
            when p.kb_number like 'KB%' then p.kb_number
            when nullif(p.kb_number, '') is not null then 'KB' || p.kb_number
            else p.name || '.' || p.arch || ':' || coalesce(p.epoch, 0) || ':' || p.version || '-' || p.release
        end as patch_ref,
        p.release_date as released_at, p.product, nullif(p.classification, '') as classification,
        coalesce(nullif(p.msrc_severity, ''), nullif(p.severity, '')) as severity,
        nullif(cast(p.advisory_ids as varchar), '[]') as advisory_ids, p.observation_id
    from raw.ssm_available_patch as p
    left join core.supported_os as s on s.described_by = 'Product' and p.product like s.name_pattern
),
ranked as (
    select
        operating_system, patch_ref, released_at, product, classification, severity, advisory_ids, observation_id,
        row_number() over (
            partition by operating_system, patch_ref
            order by released_at, product, severity, classification, advisory_ids, observation_id
        ) as choice
    from listed
    where operating_system is not null and patch_ref is not null
)
select
    operating_system, patch_ref, released_at, product, classification, severity, advisory_ids,
    'DescribeAvailablePatches' as source, observation_id
from ranked
where choice = 1
