-- purpose: numbers for patches as nodes report them
-- inputs:  raw.ssm_patch, raw.datasync_compliance_item
-- grain:   one row per patch_ref, title, kb_id, classification, severity
-- key:     patch_ref, title, kb_id, classification, severity
-- history: append patch_key
-- columns:
--   patch_ref       varchar  KB number, else the title of the package; unnamed when the node reports neither
--   title           varchar  title, null when the node reports none
--   kb_id           varchar  KBId as reported: a KB number on Windows, a package name on Linux; null when none
--   classification  varchar  vendor classification, null when the node reports none
--   severity        varchar  vendor severity, null when the node reports none
with reported as (
    select title, kb_id, classification, severity from raw.ssm_patch
    union all
    select title, id as kb_id, classification, patch_severity as severity
    from raw.datasync_compliance_item
    where compliance_type = 'Patch'
)
select distinct
    case when kb_id like 'KB%' then kb_id else coalesce(nullif(title, ''), nullif(kb_id, ''), 'unnamed') end
        as patch_ref,
    nullif(title, '') as title, nullif(kb_id, '') as kb_id, nullif(classification, '') as classification,
    nullif(severity, '') as severity
from reported
