-- purpose: which packages of kernel live patching does the inventory of one node list?
-- inputs:  core.node_application, core.observation
-- grain:   one row per package_name, package_version
-- params:
--   as_of       timestamp  report instant [UTC]
--   account_id  varchar    AWS account of the node
--   region      varchar    Region of the node
--   node_id     varchar    EC2 instance id or hybrid managed node id
-- columns:
--   package_name     varchar    package
--   package_version  varchar    its version
--   captured_at      timestamp  when the inventory was collected [UTC], null when not told
--   observation_id   integer    observation: core.observation
--   snapshot_id      varchar    snapshot that holds the page
--   source           varchar    source of the catalogue
--   seen_account_id  varchar    AWS account read
--   seen_region      varchar    Region read
--   item             varchar    item read, null where the listing was read whole
--   observed_at      timestamp  instant of the answer [UTC]
select
    a.application_name as package_name, a.application_version as package_version, a.captured_at, a.observation_id,
    o.snapshot_id, o.source, o.account_id as seen_account_id, o.region as seen_region, o.item, o.observed_at
from core.node_application as a
inner join core.observation as o on o.observation_id = a.observation_id
where a.account_id = $account_id and a.region = $region and a.node_id = $node_id
    and a.valid_from <= $as_of and a.valid_to > $as_of
    -- Amazon Linux: kernel-livepatch-<kernel> (docs.aws.amazon.com/linux/al2023/ug/live-patching.html, read 2026-11-25);
    -- Red Hat: kpatch-patch-<kernel>; Ubuntu: the snap canonical-livepatch, which an inventory of packages may not list
    and (a.application_name like 'kernel-livepatch-%' or a.application_name like 'kpatch-patch%'
        or a.application_name like 'canonical-livepatch%')
order by a.application_name, a.application_version
