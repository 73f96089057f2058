-- purpose: how many nodes of a patch group have patches in each state, as AWS counts them
-- inputs:  raw.ssm_patch_group_state
-- grain:   one row per account_id, region, patch_group
-- key:     account_id, region, patch_group
-- columns:
--   account_id                          varchar  AWS account
--   region                              varchar  Region
--   patch_group                         varchar  patch group
--   node_count                          bigint   nodes of the group that have a patch state [nodes]
--   installed_node_count                bigint   of these with Installed patches [nodes]
--   installed_other_node_count          bigint   of these with InstalledOther patches [nodes]
--   installed_pending_reboot_node_count  bigint  of these with patches that wait for a reboot [nodes], null when not told
--   installed_rejected_node_count       bigint   of these with rejected patches installed [nodes], null when not told
--   missing_node_count                  bigint   of these with Missing patches [nodes]
--   failed_node_count                   bigint   of these with Failed patches [nodes]
--   not_applicable_node_count           bigint   of these with NotApplicable patches [nodes]
--   critical_non_compliant_node_count   bigint   of these with open patches of level Critical [nodes], null when not told
--   security_non_compliant_node_count   bigint   of these with open security patches [nodes], null when not told
--   other_non_compliant_node_count      bigint   of these with open patches of other levels [nodes], null when not told
--   available_security_update_node_count  bigint  of these with security patches not approved [nodes], null when not told
--   observation_id                      integer  observation of the groups
select
    account_id, region, patch_group, instances as node_count,
    instances_with_installed_patches as installed_node_count,
    instances_with_installed_other_patches as installed_other_node_count,
    instances_with_installed_pending_reboot_patches as installed_pending_reboot_node_count,
    instances_with_installed_rejected_patches as installed_rejected_node_count,
    instances_with_missing_patches as missing_node_count, instances_with_failed_patches as failed_node_count,
    instances_with_not_applicable_patches as not_applicable_node_count,
    instances_with_critical_non_compliant_patches as critical_non_compliant_node_count,
    instances_with_security_non_compliant_patches as security_non_compliant_node_count,
    instances_with_other_non_compliant_patches as other_non_compliant_node_count,
    instances_with_available_security_updates as available_security_update_node_count, observation_id
from raw.ssm_patch_group_state
