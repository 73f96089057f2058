-- purpose: the end of support of every operating system in use is in data/reference/os_lifecycle.csv
-- inputs:  core.node_now
-- grain:   one row per platform_name, platform_version
-- severity: warn
-- columns:
--   platform_name     varchar  operating system as the agent reports it
--   platform_version  varchar  its version, null when not told
--   node_count        bigint   nodes that run it [nodes]
select platform_name, platform_version, count(*) as node_count
from core.node_now
where platform_name is not null and is_supported_os and end_of_support_date is null
group by platform_name, platform_version
order by platform_name, platform_version
