-- purpose: every patch row names a known node and a known patch
-- inputs:  core.node_patch, core.node_key, core.patch_key
-- grain:   one row per node_key, patch_key
-- severity: stop
-- columns:
--   node_key   integer  node: core.node_key
--   patch_key  integer  patch: core.patch_key
select p.node_key, p.patch_key
from core.node_patch as p
left join core.node_key as n on n.node_key = p.node_key
left join core.patch_key as k on k.patch_key = p.patch_key
where n.node_key is null or k.patch_key is null
order by p.node_key, p.patch_key
