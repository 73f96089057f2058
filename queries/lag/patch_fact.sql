-- purpose: which vulnerabilities does each patch fix, and what is known of them?
-- inputs:  core.patch, core.advisory_cve, core.windows_kb_cve, core.kev, core.cve_assessment, lag/patch_advisory
-- grain:   one row per operating_system, patch_ref of which a vulnerability is known
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   operating_system  varchar  operating system as Systems Manager spells it
--   patch_ref         varchar  KB number, else name.arch:epoch:version-release
--   cve_ids           varchar  vulnerabilities it fixes at least, a semicolon between
--   known_exploited   boolean  one of them is in the KEV catalogue; null when the store holds no catalogue
--   automatable       boolean  one of them is, by SSVC; false when all are known not to be, else null
--   total_impact      boolean  one of them gives total control, by SSVC; false when all are known not to, else null
with listed as (
    -- of a patch with several advisories a listing tells nothing: a part of its vulnerabilities would pass for all
    select p.operating_system, p.patch_ref, a.cve_id
    from core.patch as p
    inner join core.advisory_cve as a on p.advisory_ids = '["' || a.advisory_id || '"]'
    where p.valid_from <= $as_of and p.valid_to > $as_of
    union
    select p.operating_system, p.patch_ref, a.cve_id
    from lag_patch_advisory as p
    inner join core.advisory_cve as a on a.feed = p.feed and a.advisory_id = p.advisory_id
    union
    select 'WINDOWS' as operating_system, kb_id as patch_ref, cve_id
    from core.windows_kb_cve
),
catalogue as (
    select count(1) as kev_count from core.kev
),
assessed as (
    -- assessors may differ: the graver answer counts
    select
        cve_id,
        max(case ssvc_automatable when 'yes' then 1 when 'no' then 0 end) as automatable,
        max(case ssvc_technical_impact when 'total' then 1 when 'partial' then 0 end) as total_impact
    from core.cve_assessment
    group by cve_id
),
answered as (
    select
        l.operating_system, l.patch_ref, string_agg(l.cve_id, ';' order by l.cve_id) as cve_ids,
        count(k.cve_id) as exploited_count, max(c.kev_count) as kev_count, count(1) as cve_count,
        max(a.automatable) as automatable, count(a.automatable) as automatable_count,
        max(a.total_impact) as total_impact, count(a.total_impact) as impact_count
    from listed as l
    cross join catalogue as c
    left join core.kev as k on k.cve_id = l.cve_id
    left join assessed as a on a.cve_id = l.cve_id
    group by l.operating_system, l.patch_ref
)
select
    operating_system, patch_ref, cve_ids,
    case when kev_count > 0 then exploited_count > 0 end as known_exploited,
    case when automatable = 1 then true when automatable_count = cve_count then false end as automatable,
    case when total_impact = 1 then true when impact_count = cve_count then false end as total_impact
from answered
order by operating_system, patch_ref
