-- purpose: which vulnerabilities does each patch fix, one a row, as feeds and Amazon Inspector tell?
-- inputs:  core.inspector_finding, lag/patch_fact
-- grain:   one row per operating_system, patch_ref, cve_id
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   operating_system  varchar  operating system as Systems Manager spells it
--   patch_ref         varchar  KB number, else name.arch:epoch:version-release
--   cve_id            varchar  vulnerability that it fixes
with told as (
    -- what a KB number stands for stays so, whatever became of the finding that told it
    select distinct
        vulnerability_id as patch_ref, unnest(regexp_extract_all(related_ids, '"(CVE-[^"]+)"', 1)) as cve_id
    from core.inspector_finding
    where valid_from <= $as_of and vulnerability_id like 'KB%' and related_ids is not null
)
select operating_system, patch_ref, unnest(string_split(cve_ids, ';')) as cve_id from lag_patch_fact
union
select 'WINDOWS', patch_ref, cve_id from told
order by operating_system, patch_ref, cve_id
