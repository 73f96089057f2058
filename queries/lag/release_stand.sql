-- purpose: at which release of Amazon Linux 2023's repositories does each node stand, and who says so?
-- inputs:  core.node, core.node_application, core.node_key, core.node_patch, core.patch_key, core.patch_package,
--          core.instance_image
-- grain:   one row per account_id, region, node_id of a node with Amazon Linux 2023
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   account_id      varchar  AWS account of the node
--   region          varchar  Region of the node
--   node_id         varchar  EC2 instance id or hybrid managed node id
--   environment     varchar  tag Environment, unknown when untagged
--   release         varchar  release it stands at, such as 2023.6.20250203; null when nothing tells it
--   release_source  varchar  inventory, patch list, agent, launch image (it may have moved on since), or unknown
with standing as (
    select account_id, region, node_id, environment, platform_version
    from core.node
    where operating_system = 'AMAZON_LINUX_2023' and valid_from <= $as_of and valid_to > $as_of
),
told as (
    -- the installed version of package system-release is the release, unless somebody has set releasever on the node
    -- (AL2023 user guide, "Deterministic upgrades through versioned repositories usage", read 2026-11-25)
    select account_id, region, node_id, 'inventory' as release_source, 1 as precedence, application_version as words
    from core.node_application
    where application_name = 'system-release' and valid_from <= $as_of and valid_to > $as_of
    union all
    select k.account_id, k.region, k.node_id, 'patch list', 2, v.version
    from core.patch_package as v
    inner join core.patch_key as t on t.patch_ref = v.patch_ref
    inner join core.node_patch as p on p.patch_key = t.patch_key
    inner join core.node_key as k on k.node_key = p.node_key
    where v.package = 'system-release' and v.version_order = 'rpm' and p.patch_state like 'Installed%'
        and p.valid_from <= $as_of and p.valid_to > $as_of
    union all
    select account_id, region, node_id, 'agent', 3, platform_version
    from standing
    union all
    -- al2023-ami-2023.6.20250203.1-kernel-6.1-x86_64
    select account_id, region, instance_id, 'launch image', 4, image_name
    from core.instance_image
    where valid_from <= $as_of and valid_to > $as_of
),
named as (
    select
        account_id, region, node_id, release_source, precedence,
        nullif(regexp_extract(words, '2023[.][0-9]+[.][0-9]{8}', 0), '') as release
    from told
),
ranked as (
    -- of several installed versions the newest counts
    select account_id, region, node_id, release_source, release, row_number() over (
        partition by account_id, region, node_id order by precedence, right(release, 8) desc
    ) as choice
    from named
    where release is not null
)
select
    s.account_id, s.region, s.node_id, coalesce(s.environment, 'unknown') as environment, r.release,
    coalesce(r.release_source, 'unknown') as release_source
from standing as s
left join ranked as r
    on r.account_id = s.account_id and r.region = s.region and r.node_id = s.node_id and r.choice = 1
order by s.account_id, s.region, s.node_id
