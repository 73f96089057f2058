-- purpose: every operating system that a node reports is in data/reference/supported_os.csv
-- inputs:  core.node_now
-- grain:   one row per platform_name, platform_version
-- severity: warn
-- columns:
--   platform_name     varchar  operating system as the agent reports it
--   platform_version  varchar  its version, null when not told
--   node_count        bigint   nodes that run it [nodes]
select platform_name, platform_version, count(*) as node_count
from core.node_now
where platform_name is not null and is_supported_os is null
group by platform_name, platform_version
order by platform_name, platform_version
