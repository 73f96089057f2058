-- purpose: through which states did the patches of one node go, and which observation told each?
-- inputs:  core.node_key, core.node_patch, core.observation, core.patch_key
-- grain:   one row per patch_key, valid_from of the node
-- params:
--   as_of       timestamp  report instant [UTC]
--   account_id  varchar    AWS account of the node
--   region      varchar    Region of the node
--   node_id     varchar    EC2 instance id or hybrid managed node id
-- columns:
--   patch_ref        varchar    KB number, else the title of the package
--   title            varchar    title, null when the node reports none
--   kb_id            varchar    KBId as reported, null when none
--   classification   varchar    vendor classification, null when the node reports none
--   severity         varchar    vendor severity, null when the node reports none
--   patch_state      varchar    patch state as Systems Manager spells it
--   installed_at     timestamp  installation [UTC], null when not installed or not told
--   valid_from       timestamp  first snapshot that told this state [UTC]
--   valid_to         timestamp  first snapshot that no longer did [UTC], null while it stands
--   observation_id   integer    observation: core.observation
--   snapshot_id      varchar    snapshot that holds the page
--   source           varchar    source of the catalogue
--   seen_account_id  varchar    AWS account read
--   seen_region      varchar    Region read
--   item             varchar    item read, null where the listing was read whole
--   observed_at      timestamp  instant of the answer [UTC]
select
    k.patch_ref, k.title, k.kb_id, k.classification, k.severity, p.patch_state, p.installed_at, p.valid_from,
    case when p.valid_to <= $as_of then p.valid_to end as valid_to, p.observation_id, o.snapshot_id, o.source,
    o.account_id as seen_account_id, o.region as seen_region, o.item, o.observed_at
from core.node_key as n
inner join core.node_patch as p on p.node_key = n.node_key
inner join core.patch_key as k on k.patch_key = p.patch_key
inner join core.observation as o on o.observation_id = p.observation_id
where n.account_id = $account_id and n.region = $region and n.node_id = $node_id and p.valid_from <= $as_of
order by k.patch_ref, p.valid_from, k.patch_key
