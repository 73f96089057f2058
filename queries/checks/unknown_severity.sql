-- purpose: every vendor severity is in data/reference/severity.csv
-- inputs:  core.patch_key, core.severity
-- grain:   one row per severity
-- severity: warn
-- columns:
--   severity     varchar  the unknown severity
--   patch_count  bigint   patches that carry it [patches]
select k.severity, count(*) as patch_count
from core.patch_key as k
left join core.severity as s on s.severity = k.severity
where k.severity is not null and s.severity is null
group by k.severity
order by k.severity
