-- purpose: which patch baseline is one node scanned by, and which do its patch group and its system's default name?
-- inputs:  core.baseline, core.node, core.node_scan, core.observation, core.patch_group
-- grain:   one row per named_by: last scan, patch group, default
-- params:
--   as_of       timestamp  report instant [UTC]
--   account_id  varchar    AWS account of the node
--   region      varchar    Region of the node
--   node_id     varchar    EC2 instance id or hybrid managed node id
-- columns:
--   named_by         varchar    last scan (the baseline in force), patch group, or default of the operating system
--   named_how        varchar    patch state or override for the last scan, the patch group's name, or the system
--   baseline_id      varchar    patch baseline, null when the scan does not tell which
--   baseline_name    varchar    its name, null when the baseline was not read
--   observation_id   integer    observation that names it: core.observation
--   snapshot_id      varchar    snapshot that holds the page
--   source           varchar    source of the catalogue
--   seen_account_id  varchar    AWS account read
--   seen_region      varchar    Region read
--   item             varchar    item read, null where the listing was read whole
--   observed_at      timestamp  instant of the answer [UTC]
with node as (
    select n.account_id, n.region, n.node_id, n.operating_system, coalesce(n.patch_group, s.patch_group) as patch_group,
        s.node_id as scanned_id, s.baseline_id, s.baseline_source, s.observation_id
    from core.node as n
    left join core.node_scan as s
        on s.account_id = n.account_id and s.region = n.region and s.node_id = n.node_id
        and s.valid_from <= $as_of and s.valid_to > $as_of
    where n.account_id = $account_id and n.region = $region and n.node_id = $node_id
        and n.valid_from <= $as_of and n.valid_to > $as_of
),
named as (
    select 1 as place, 'last scan' as named_by, baseline_source as named_how, baseline_id, observation_id
    from node
    where scanned_id is not null
    union all
    select 2, 'patch group', g.patch_group, g.baseline_id, g.observation_id
    from node as n
    inner join core.patch_group as g
        on g.account_id = n.account_id and g.region = n.region and g.patch_group = n.patch_group
        and g.operating_system = n.operating_system and g.valid_from <= $as_of and g.valid_to > $as_of
    union all
    select 3, 'default', b.operating_system, b.baseline_id, b.observation_id
    from node as n
    inner join core.baseline as b
        on b.account_id = n.account_id and b.region = n.region and b.operating_system = n.operating_system
        and b.is_default and b.valid_from <= $as_of and b.valid_to > $as_of
)
select
    n.named_by, n.named_how, n.baseline_id, b.baseline_name, n.observation_id, o.snapshot_id, o.source,
    o.account_id as seen_account_id, o.region as seen_region, o.item, o.observed_at
from named as n
left join core.baseline as b
    on b.account_id = $account_id and b.region = $region and b.baseline_id = n.baseline_id
    and b.valid_from <= $as_of and b.valid_to > $as_of
inner join core.observation as o on o.observation_id = n.observation_id
order by n.place, n.baseline_id
